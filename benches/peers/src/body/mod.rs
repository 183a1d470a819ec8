//! What the two sides do with a link, whichever peer it is.

pub mod idle;
pub mod pingpong;
pub mod stream;
