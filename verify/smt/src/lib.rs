//! The arithmetic and the protocol of the ring as formulas.
//!
//! A formula is a [`term`]: the same object is printed for a solver, and evaluated by a test. So what is proved and
//! what is compared with the library cannot differ.

pub mod functions;
pub mod goals;
pub mod script;
pub mod term;
