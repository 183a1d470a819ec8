//! Property: what a view says that comes when all is done, and whose loads may still return what stood there before,
//! is true.
//!
//! Nothing but the fences that a view relies on orders its loads here: what tells it that the sides are done does not.
//! What the sides did before the view began, it sees. Of what they do later it may see any part.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, RingReader, RingView, RingWriter, ViewError};
use ipc_ring_reference::bodies::{push_each, reader, writer, Stream};
use ipc_ring_reference::thread::{any_below, spawn_at_once};

use crate::engine::{any_start, run, stream};

/// At how many rings a seed looks, and in how many threads: what each load returns is drawn anew. That takes Miri as
/// long as some other models together, so every sixth seed does.
const RINGS: usize = 2;
const VIEWS: usize = 6;

type Messages<'a> = &'a [Vec<u8>];

/// What both sides do before a view looks.
struct Late {
    model: &'static str,
    /// What they do before the view begins.
    before: fn(Messages, &mut RingWriter, &mut RingReader),
    /// What the reader does then, on a thread of its own.
    takes: fn(Messages, &mut RingReader),
    /// What the writer does then, on another one: it learns of the reader by the reader's cursor alone.
    writes: fn(Messages, &mut RingWriter),
    /// Whether a third thread drops the writer before the view looks.
    leaves: bool,
}

impl Late {
    /// Looks at each of some rings once, and is told a moment between what was done before the view began and the rest.
    fn look(&self, stream: &Stream, fences: FenceMode, look: fn(&Stream, &RingView, Instant)) {
        if any_below(6) > 0 {
            return;
        }
        run(self.model, stream.start, || (0..RINGS).for_each(|_| self.look_at_a_ring(stream, fences, look)));
    }

    fn look_at_a_ring(&self, stream: &Stream, fences: FenceMode, look: fn(&Stream, &RingView, Instant)) {
        let (messages, to_take, to_write) = (stream.messages(), stream.messages(), stream.messages());
        let ring = HeapRing::in_sight(stream.capacity, stream.start.position, fences);
        let (mut writer, mut reader) = (writer(&ring), reader(&ring));
        (self.before)(&messages, &mut writer, &mut reader);
        let (done, between) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let looking = [(); VIEWS].map(|()| {
            let (view, told, watched) = (ring.view(), Arc::clone(&done), stream.clone());
            spawn_at_once(move || {
                while !told.load(Ordering::Relaxed) {
                    yield_now();
                }
                look(&watched, &view, between);
            })
        });
        let (takes, writes) = (self.takes, self.writes);
        let taking = spawn_at_once(move || {
            takes(&to_take, &mut reader);
            reader
        });
        let writing = spawn_at_once(move || {
            writes(&to_write, &mut writer);
            writer
        });
        let (_reader, writer) = (taking.join().unwrap(), writing.join().unwrap());
        let _writer = match self.leaves {
            true => spawn_at_once(move || drop(writer)).join().map(|()| None).unwrap(),
            false => Some(writer),
        };
        done.store(true, Ordering::Relaxed);
        looking.into_iter().for_each(|looking| looking.join().unwrap());
    }
}

/// Pops these messages, and releases them at once.
fn pop_at_once(reader: &mut RingReader, messages: Messages) {
    let mut batch = reader.batch(messages.len(), None).unwrap();
    assert_eq!(batch.messages().map(|message| message.to_vec()).collect::<Vec<_>>(), messages);
    batch.commit();
}

/// Writes these messages when there is space, and does not publish them yet.
fn write_each(writer: &mut RingWriter, messages: &[&[u8]]) {
    let mut batch = writer.batch();
    for message in messages {
        while batch.try_push(message).is_err() {
            yield_now();
        }
    }
    std::mem::forget(batch);
}

/// Fails unless this is true of what a view said.
fn says(is_true: bool, what: impl Debug) {
    assert!(is_true, "a view says what is not so: {what:?}");
}

/// The view counts messages. In place of the oldest two, the first of another lap is written.
fn counting_across_laps(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[0, 0, 0, 24]);
    let late = Late {
        model: "late, a lap begins",
        before: |messages, writer, _| push_each(writer, messages),
        takes: |messages, reader| pop_at_once(reader, &messages[..3]),
        writes: |_, writer| write_each(writer, &[&[], &[7; 8]]),
        leaves: false,
    };
    late.look(&stream, fences, |stream, view, _| {
        let (ends, seen) = (stream.positions(), view.snapshot());
        for side in [&seen.writer, &seen.reader] {
            let truth = ends.iter().position(|end| *end == side.position).expect("a side stands there");
            says(side.message_count.map_or(true, |messages| messages == truth as u64), side.message_count);
        }
    });
}

/// The view copies the oldest message. In place of it and of the next one, another is written, in a lap that the writer
/// has noted before the view begins.
fn copying_within_a_lap(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[0; 9]);
    let late = Late {
        model: "late, within a lap",
        before: |messages, writer, reader| {
            push_each(writer, &messages[..7]);
            pop_at_once(reader, &messages[..2]);
            push_each(writer, &messages[7..]);
        },
        takes: |messages, reader| pop_at_once(reader, &messages[2..5]),
        writes: |_, writer| write_each(writer, &[&[], &[7; 8]]),
        leaves: false,
    };
    late.look(&stream, fences, copies);
}

/// The view copies the oldest message. The end of the stream takes its place, which is shorter: no header comes after
/// it. Another thread drops the writer than the one that saw that the place is free. No fence of a mode is near.
fn copying_what_an_end_overwrites(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[0, 8, 24, 0]);
    let late = Late {
        model: "late, an end",
        before: |messages, writer, reader| {
            push_each(writer, &messages[..3]);
            pop_at_once(reader, &messages[..1]);
            push_each(writer, &messages[3..]);
        },
        takes: |messages, reader| pop_at_once(reader, &messages[1..2]),
        writes: |_, writer| write_each(writer, &[&[]]),
        leaves: true,
    };
    late.look(&stream, fences, copies);
}

/// Fails if the view copies a message that was not pushed, or finds that the ring makes no sense.
fn copies(stream: &Stream, view: &RingView, _: Instant) {
    match view.messages(1).next() {
        Some(Ok(message)) => {
            let number = stream.positions().iter().position(|end| *end == message.position);
            says(number.is_some_and(|number| message.bytes == stream.messages()[number - 1]), message);
        }
        None | Some(Err(ViewError::Overtaken)) => {}
        Some(Err(error)) => says(false, error),
    }
}

/// The view asks what the reader waits for and how long it has: for one message before the view begins, and for the
/// next one since.
fn asking_who_waits(fences: FenceMode) {
    fn waits_in_vain(reader: &mut RingReader) {
        assert_eq!(reader.pop(&mut Vec::new(), Some(Duration::from_nanos(1))), Err(PopError::TimedOut));
    }
    let late = Late {
        model: "late, a second wait",
        before: |_, _, reader| waits_in_vain(reader),
        takes: |_, reader| {
            while reader.pop(&mut Vec::new(), Some(Duration::ZERO)).is_err() {
                yield_now();
            }
            waits_in_vain(reader);
        },
        writes: |messages, writer| push_each(writer, messages),
        leaves: false,
    };
    late.look(&stream(any_start(), &[0]), fences, |stream, view, between| {
        let (at_least, seen) = (between.elapsed(), view.snapshot());
        let (awaits, waiting) = (seen.reader.awaits, seen.reader.waiting);
        let [begin, end] = [0, 1].map(|at| stream.positions()[at]);
        let is_so = match awaits {
            Some(target) if target.wrapping_sub(begin) <= end.wrapping_sub(begin) => {
                waiting.map_or(true, |waiting| waiting >= at_least)
            }
            Some(_) => seen.writer.position == end && waiting.map_or(true, |waiting| waiting <= between.elapsed()),
            None => true,
        };
        says(is_so, (awaits, waiting, seen.writer.position));
    });
}

mod asymmetric {
    use super::*;

    const MODE: FenceMode = FenceMode::Asymmetric;

    #[test]
    fn a_late_view_of_a_lap_that_begins_counts_the_messages_or_none() {
        counting_across_laps(MODE);
    }

    #[test]
    fn a_late_view_within_a_lap_copies_a_message_or_none() {
        copying_within_a_lap(MODE);
    }

    #[test]
    fn a_late_view_copies_no_part_of_a_message_whose_place_an_end_took() {
        copying_what_an_end_overwrites(MODE);
    }
}

/// The full fences of a side may order more.
mod symmetric {
    use super::*;

    const MODE: FenceMode = FenceMode::Symmetric;

    #[test]
    fn a_late_view_of_a_lap_that_begins_counts_the_messages_or_none() {
        counting_across_laps(MODE);
    }

    #[test]
    fn a_late_view_within_a_lap_copies_a_message_or_none() {
        copying_within_a_lap(MODE);
    }

    /// In this mode alone: Miri has no membarrier, so nobody sleeps in the other one.
    #[test]
    fn a_late_view_tells_no_wait_of_two_moments() {
        asking_who_waits(MODE);
    }
}
