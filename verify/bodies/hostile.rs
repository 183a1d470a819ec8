//! A peer that stores what it likes into the words that it owns, when it likes: nothing panics, no access leaves the
//! ring (the facade asserts it), each header is loaded once a call, and a verdict stays.

use std::collections::BTreeSet;

use super::{record_size, try_pop, try_push, Stream};
use ipc_ring::model::{headers_loaded, HeapRing};
use ipc_ring::{Check, FenceMode, PopError, PushError};

/// What a peer may say. Relative to where the ring starts, since it is what it makes of a cursor that matters.
pub fn lies(stream: &Stream) -> Vec<u64> {
    let (start, capacity) = (stream.start.position, stream.capacity as u64);
    let near = [0, 7, 8, 16, capacity - 8, capacity, capacity + 8, (1 << 32) - 8, 1 << 32, (1 << 32) + 8];
    let absolute = [0, 1, 7, capacity, u64::MAX];
    let lies = near.into_iter().map(|distance| start.wrapping_add(distance)).chain(absolute);
    lies.collect::<BTreeSet<u64>>().into_iter().collect()
}

/// What a writer may say of a record: lengths of both kinds, and of none.
pub fn false_headers(stream: &Stream) -> Vec<u64> {
    let capacity = stream.capacity as u64;
    let lengths = [0, 1, 7, capacity - 16, capacity - 8, capacity, capacity + 8, 0xFFFF_FFF8, 0xFFFF_FFFF];
    let kinds = [1u64 << 32, 2 << 32];
    let known = kinds.iter().flat_map(|kind| lengths.map(|length| kind | length));
    known.chain([0, 7, capacity, 3 << 32, u64::MAX]).collect()
}

/// A writer that stores `headers` at the start of two records and `cursors`, in turn. The reader pops.
pub fn the_writer(stream: &Stream, headers: [u64; 2], cursors: [u64; 2]) {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut reader = super::reader(&ring);
    let capacity = stream.capacity;
    let start = stream.start.position;
    let index = start as usize % capacity;
    headers_loaded();
    let (_, mut reader) = stream.race(
        move || {
            let writer = ring.hostile_writer();
            for (granule, (header, cursor)) in headers.into_iter().zip(cursors).enumerate() {
                writer.set_granule((index + 16 * granule) % capacity, header);
                writer.set_wake_at(cursor);
                writer.set_cursor(cursor);
            }
        },
        move || {
            let mut verdict = None;
            for _ in 0..2 {
                let popped = try_pop(&mut reader);
                let mut loaded = headers_loaded();
                let loads = loaded.len();
                loaded.dedup();
                assert!(loaded.len() == loads && loads <= 2, "a header was loaded twice, or endless padding followed");
                if let Ok(Some(message)) = &popped {
                    assert!(message.len() <= capacity - 8);
                }
                assert!(reader.used_bytes() <= capacity);
                let published = |cursor: &u64| cursor.wrapping_sub(reader.position()) <= capacity as u64;
                assert!(reader.position() == start || cursors.iter().any(published), "it read past what was published");
                stays(&mut verdict, corrupt_pop(&popped));
            }
            reader
        },
    );
    let misplaced = is_padding(headers[0]) && (index == 0 || size(headers[0]) != (capacity - index) as u64);
    let without_closed = cursors[1] & !1;
    if misplaced || without_closed % 8 != 0 {
        let first_in_vain =
            std::iter::repeat_with(|| try_pop(&mut reader)).find(|popped| !matches!(popped, Ok(Some(_))));
        assert!(corrupt_pop(&first_in_vain.unwrap()).is_some(), "what nobody may say was believed");
        assert!(!misplaced || reader.position() == start, "it went past what is no padding");
    }
}

fn is_padding(header: u64) -> bool {
    header >> 32 == 2
}

fn size(header: u64) -> u64 {
    record_size(header & 0xFFFF_FFFF)
}

/// A reader that stores `cursors` and says that it sleeps or leaves, in turn. The writer pushes.
pub fn the_reader(stream: &Stream, cursors: [u64; 2]) {
    let ring: HeapRing = stream.ring(FenceMode::Symmetric);
    let mut writer = super::writer(&ring);
    let capacity = stream.capacity;
    let messages = stream.messages();
    stream.race(
        move || {
            let mut verdict = None;
            for message in &messages {
                let pushed = try_push(&mut writer, message);
                assert!(writer.used_bytes() <= capacity && writer.free_bytes() <= capacity);
                stays(&mut verdict, corrupt_push(&pushed));
            }
        },
        move || {
            let reader = ring.hostile_reader();
            for cursor in cursors {
                reader.set_wake_at(cursor);
                reader.set_cursor(cursor);
            }
        },
    );
}

/// A verdict is the same at each later call.
fn stays(verdict: &mut Option<Check>, now: Option<Check>) {
    assert!(verdict.is_none() || *verdict == now, "{verdict:?} became {now:?}");
    *verdict = now;
}

fn corrupt_pop<T>(result: &Result<T, PopError>) -> Option<Check> {
    match result {
        Err(PopError::Corrupt { check }) => Some(*check),
        _ => None,
    }
}

fn corrupt_push<T>(result: &Result<T, PushError>) -> Option<Check> {
    match result {
        Err(PushError::Corrupt { check }) => Some(*check),
        _ => None,
    }
}
