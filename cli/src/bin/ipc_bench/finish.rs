//! The end of a stream, of which nothing may be left.

use ipc_ring::{PopError, RingReader};

use crate::message::Mismatch;
use crate::said::Trouble;

/// Waits for the end of the stream: nothing may come before it, after so many messages.
pub fn nothing_follows(reader: &mut RingReader, after: u64) -> Result<(), Trouble> {
    match reader.pop(&mut Vec::new(), None) {
        Err(PopError::Closed) => Ok(()),
        Err(error) => Err(Trouble::popping(error, after)),
        Ok(_) => Err(Mismatch::Extra { after }.into()),
    }
}
