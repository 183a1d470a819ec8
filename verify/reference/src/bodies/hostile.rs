//! A peer that stores what it likes into the words that it owns, when it likes: nothing panics, no access leaves the
//! ring (the facade asserts it), each header is loaded once a pass, and a verdict stays.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{attach_reader, attach_writer, dies, pop, try_pop, try_push, Stream};
use crate::record::{self, DATA, END, GRANULE, PADDING};
use ipc_ring::model::engine::{headers_loaded, note, Hostile};
use ipc_ring::model::HeapRing;
use ipc_ring::{
    Check, FenceMode, InvalidPosition, PopError, PopIntoError, PushError, RingReader, RingWriter, WaitStrategy,
};

/// What a peer may say. Relative to where the ring starts, since it is what it makes of a cursor that matters.
pub fn lies(stream: &Stream) -> Vec<u64> {
    let (start, capacity) = (stream.start.position, stream.capacity as u64);
    let near = [0, 1, 7, 8, 16, capacity - 8, capacity, capacity | 1, capacity + 8];
    let far = [(1 << 32) - 8, 1 << 32, (1 << 32) + 8];
    let absolute = [0, 1, 7, capacity, u64::MAX];
    let lies = near.into_iter().chain(far).map(|distance| start.wrapping_add(distance)).chain(absolute);
    lies.collect::<BTreeSet<u64>>().into_iter().collect()
}

/// What a writer may say of a record: lengths of both kinds, ends, and what is of none.
pub fn false_headers(stream: &Stream) -> Vec<u64> {
    let capacity = stream.capacity as u64;
    let lengths = [0, 1, 7, capacity - 16, capacity - 8, capacity, capacity + 8, 0xFFFF_FFF8, 0xFFFF_FFFF];
    let known = [DATA, PADDING].iter().flat_map(|kind| lengths.map(|length| kind | length));
    known.chain([0, 7, capacity, END, END | 8, 4 << 32, u64::MAX]).collect()
}

/// How a reader gets at what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    Popping,
    Peeking,
    /// In batches, which are committed.
    InBatches,
    /// In batches, which are committed through their first message.
    InPart,
    /// In arrays of messages of 3 bytes.
    InArrays,
    /// Popping, by a reader that stops at ends and takes them.
    TakingEnds,
}

impl Reading {
    /// Reads what there is, without waiting, and looks at each header once in each pass. Whether there was anything.
    fn once(self, reader: &mut RingReader) -> Result<bool, PopError> {
        let longest = reader.capacity() - 8;
        let mut copy = Vec::new();
        let found = match self {
            Reading::Popping => try_pop(reader)?.map(|message| copy = message).is_some(),
            Reading::TakingEnds => match try_pop(reader) {
                Err(PopError::Closed) => {
                    each_header_was_loaded_once(2);
                    reader.take_end()
                }
                popped => popped?.map(|message| copy = message).is_some(),
            },
            Reading::Peeking => reader.try_peek()?.map(|message| message.copy_to(&mut copy)).is_some(),
            Reading::InArrays => {
                let popped = reader.pop_many_into(&mut [[0; 3]; 8], Some(Duration::ZERO));
                each_header_was_loaded_once(longest / 8 + 2);
                match popped {
                    Ok(count) => count > 0 || panic!("it popped nothing, and did not wait"),
                    Err(PopIntoError::Pop(PopError::TimedOut)) => false,
                    Err(PopIntoError::Pop(error)) => return Err(error),
                    Err(_another_length) => true,
                }
            }
            Reading::InBatches | Reading::InPart => {
                let Some(mut batch) = reader.try_batch(usize::MAX)? else { return Ok(false) };
                each_header_was_loaded_once(2);
                let mut first = None;
                for message in &mut batch {
                    message.copy_to(&mut copy);
                    assert!(copy.len() <= longest);
                    first.get_or_insert(message.position());
                }
                each_header_was_loaded_once(longest / 8 + 2);
                match first {
                    Some(first) if self == Reading::InPart => {
                        // What the writer has made of the record meanwhile may end elsewhere, or be none.
                        let _ = batch.commit_through(first);
                        each_header_was_loaded_once(longest / 8 + 2);
                    }
                    _ => batch.commit(),
                }
                true
            }
        };
        assert!(copy.len() <= longest);
        Ok(found)
    }
}

/// No header was loaded again right after it was, nor more than `most` in all, since this was last asked.
fn each_header_was_loaded_once(most: usize) {
    let mut loaded = headers_loaded();
    let loads = loaded.len();
    loaded.dedup();
    assert!(loaded.len() == loads && loads <= most, "a header was loaded twice, or endless padding followed");
}

/// A writer that stores `headers` at the start of two records and `cursors`, in turn; into its other words it stores
/// the other cursor. The reader reads twice, as `reading` says, and then another one attaches.
pub fn the_writer(stream: &Stream, reading: Reading, headers: [u64; 2], cursors: [u64; 2]) {
    let ring = stream.ring(FenceMode::Symmetric);
    let ring = if reading == Reading::TakingEnds { ring.stopping_at_ends() } else { ring };
    let mut reader = super::reader(&ring);
    let capacity = stream.capacity;
    let start = stream.start.position;
    let index = start as usize % capacity;
    let hostile = ring.hostile_writer();
    headers_loaded();
    let (_, mut reader) = stream.race(
        move || {
            for (granule, header) in headers.into_iter().enumerate() {
                hostile.set_granule((index + 16 * granule) % capacity, header);
                store(&hostile, cursors, granule);
            }
        },
        move || {
            let mut verdict = None;
            for _ in 0..2 {
                let read = reading.once(&mut reader);
                each_header_was_loaded_once(2);
                assert!(reader.used_bytes() <= capacity);
                let published = |cursor: &u64| cursor.wrapping_sub(reader.position()) <= capacity as u64;
                assert!(reader.position() == start || cursors.iter().any(published), "it read past what was published");
                note("reader", if corrupt_pop(&read).is_some() { "is told what is wrong" } else { "is told nothing" });
                stays(&mut verdict, corrupt_pop(&read));
            }
            reader
        },
    );
    let misplaced = is_padding(headers[0]) && (index == 0 || size(headers[0]) != (capacity - index) as u64);
    if misplaced || believed(cursors[1], start, capacity) == Err(Check::CursorAlignment) {
        let first_in_vain =
            std::iter::repeat_with(|| try_pop(&mut reader)).find(|popped| !matches!(popped, Ok(Some(_))));
        assert!(corrupt_pop(&first_in_vain.unwrap()).is_some(), "what nobody may say was believed");
        assert!(!misplaced || reader.position() == start, "it went past what is no padding");
    }
    let position = reader.position();
    drop(reader);
    let successor = attach_reader(&ring, WaitStrategy::Sleep).map(drop);
    assert_eq!(successor, believed(cursors[1], position, capacity));
}

/// A writer that changes a record while its batch is in the reader's hands, which reads it again: for a commit through
/// the batch's last message if that `is_committed`, and then in another batch. What was true of a record that was
/// passed is not taken for true of it later: the last record before the end of the lap, or of what was published, is
/// now a granule too long.
pub fn the_writer_of_a_batch_that_is_read_again(stream: &Stream, is_committed: bool) {
    let (mut reader, hostile, records) = four_records(stream);
    let mut batch = reader.try_batch(usize::MAX).unwrap().unwrap();
    let given = (&mut batch).into_iter().last().unwrap().position();
    assert_eq!(given, stream.start.position.wrapping_add(16 * records.len() as u64));
    let last_of_its_lap = records.iter().position(|index| index + 16 == stream.capacity).unwrap();
    hostile.set_granule(records[last_of_its_lap], DATA | 9);
    if is_committed {
        assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }));
        assert_eq!(reader.position(), stream.start.position, "what was refused was released");
        hostile.set_granule(records[last_of_its_lap], DATA | 8);
        return says_and_goes_on_saying(&mut reader, Check::RecordLength);
    }
    drop(batch);
    for _ in 0..last_of_its_lap {
        assert_eq!(try_pop(&mut reader), Ok(Some(vec![0; 8])));
    }
    says_and_goes_on_saying(&mut reader, Check::RecordLength);
}

/// A writer whose batch holds a record that is none, which it mends once the reader has found it. The batch has ended
/// there all the same. The reader commits what is before it if that `is_committed`.
pub fn the_writer_of_a_batch_that_is_corrupt(stream: &Stream, is_committed: bool) {
    let (mut reader, hostile, records) = four_records(stream);
    hostile.set_granule(records[1], 0);
    let mut batch = reader.try_batch(usize::MAX).unwrap().unwrap();
    assert_eq!((&mut batch).into_iter().count(), 1);
    hostile.set_granule(records[1], DATA | 8);
    assert!(batch.messages().next().is_none(), "it goes on after what was none");
    match is_committed {
        true => batch.commit(),
        false => drop(batch),
    }
    says_and_goes_on_saying(&mut reader, Check::RecordKind);
}

/// A reader, a writer that filled the ring with four records of 8 bytes, and where these stand.
fn four_records(stream: &Stream) -> (RingReader, Hostile, [usize; 4]) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (reader, hostile) = (super::reader(&ring), ring.hostile_writer());
    let records = [0, 16, 32, 48].map(|at| stream.start.position.wrapping_add(at) as usize % stream.capacity);
    for index in records {
        hostile.set_granule(index, DATA | 8);
    }
    hostile.set_cursor(stream.start.position.wrapping_add(64));
    (reader, hostile, records)
}

fn says_and_goes_on_saying(reader: &mut RingReader, check: Check) {
    for reading in [Reading::Popping, Reading::Peeking, Reading::InBatches, Reading::InPart] {
        assert_eq!(reading.once(reader), Err(PopError::Corrupt { check }), "{reading:?}");
    }
}

/// A writer that stores a true header and any cursor, and dies. The reader may be asleep all the while.
pub fn the_writer_of_a_sleeper(stream: &Stream, cursor: u64) {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut reader = super::reader(&ring);
    dies(super::writer(&ring));
    let index = stream.start.position as usize % stream.capacity;
    stream.race(
        move || {
            let hostile = ring.hostile_writer();
            hostile.set_granule(index, DATA | 3);
            hostile.set_cursor(cursor);
            ring.writer_is_dead(true);
        },
        move || while pop(&mut reader).is_ok() {},
    );
}

/// How a writer pushes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pushing {
    OneByOne,
    InABatch,
}

/// A reader that stores `cursors`, and into its other words the other one, in turn. The writer pushes as `pushing`
/// says, and then another one attaches.
pub fn the_reader(stream: &Stream, pushing: Pushing, cursors: [u64; 2]) {
    let ring: HeapRing = stream.ring(FenceMode::Symmetric);
    let mut writer = super::writer(&ring);
    let capacity = stream.capacity;
    let messages = stream.messages();
    let hostile = ring.hostile_reader();
    let (mut writer, ()) = stream.race(
        move || {
            let mut verdict = None;
            let in_a_batch = if pushing == Pushing::InABatch { &messages[..] } else { &[] };
            let mut batch = writer.batch();
            for message in in_a_batch {
                stays(&mut verdict, corrupt_push(&batch.try_push(message).map_err(PushError::from)));
            }
            drop(batch);
            for message in &messages[in_a_batch.len()..] {
                let pushed = try_push(&mut writer, message);
                assert!(writer.used_bytes() <= capacity && writer.free_bytes() <= capacity);
                stays(&mut verdict, corrupt_push(&pushed));
            }
            assert!(writer.used_bytes() <= capacity && writer.free_bytes() <= capacity);
            writer
        },
        move || (0..2).for_each(|turn| store(&hostile, cursors, turn)),
    );
    let says_that_it_left = cursors[0] & 1 == 1;
    let mut pushed = std::iter::repeat_with(|| try_push(&mut writer, b"message")).take(capacity);
    let first_in_vain = pushed.find(Result::is_err);
    let oldest = |writer: &RingWriter| writer.position().wrapping_sub(capacity as u64);
    if !says_that_it_left && believed(cursors[1], oldest(&writer), capacity).is_err() {
        assert!(first_in_vain.as_ref().and_then(corrupt_push).is_some(), "what nobody may say was believed");
    }
    let oldest = oldest(&writer).wrapping_add(GRANULE);
    drop(writer);
    let successor = attach_writer(&ring, WaitStrategy::Sleep).map(drop);
    assert_eq!(successor, believed(cursors[1], oldest, capacity));
}

/// Stores the cursor of this turn, and the other one into the words beside it.
fn store(side: &Hostile, cursors: [u64; 2], turn: usize) {
    let other = cursors[1 - turn];
    side.set_epoch(other);
    side.set_wake_at(other);
    side.set_cursor(cursors[turn]);
}

/// What a side makes of its peer's cursor that knows only that it is not behind `from`, nor farther than the ring is
/// large.
fn believed(cursor: u64, from: u64, capacity: usize) -> Result<(), Check> {
    let without_closed = cursor & !1;
    if !without_closed.is_multiple_of(8) {
        Err(Check::CursorAlignment)
    } else if without_closed.wrapping_sub(from) > capacity as u64 {
        Err(Check::CursorRange)
    } else {
        Ok(())
    }
}

fn is_padding(header: u64) -> bool {
    header >> 32 == PADDING >> 32
}

/// The bytes of a record with this header.
fn size(header: u64) -> u64 {
    record::size(header as u32 as usize)
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
