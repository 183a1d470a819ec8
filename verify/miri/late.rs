//! Property: what a view says that comes when all is done, and whose loads may still return what stood there before,
//! is true.
//!
//! Nothing but the fences that a view relies on orders its loads here: what tells it that the sides are done does not.
//! What the sides did before the view began, it sees. Of what they do later it may see any part. Headers are all that
//! changes under a view, since payloads are no atomics.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, RingReader, RingView, RingWriter, SideState, ViewError};
use ipc_ring_reference::bodies::{push_each, reader, try_pop, writer, Stream};
use ipc_ring_reference::thread::{spawn_at_once, JoinHandle};

use crate::engine::{any_start, run, stream};

/// At how many rings a seed looks: what each load returns is drawn anew.
const LOOKS: usize = 8;

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
    /// Whether another thread drops both sides before the view looks.
    leaves: bool,
}

impl Late {
    /// Looks at each of some rings once, and is told a moment between what was done before the view began and the rest.
    fn look(&self, stream: &Stream, fences: FenceMode, look: fn(&Stream, &RingView, Instant)) {
        run(self.model, stream.start, || {
            let messages = Arc::new(stream.messages());
            let (mut views, mut writers, mut readers) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..LOOKS {
                let ring = HeapRing::new(stream.capacity, stream.start.position, fences);
                let (mut writer, mut reader) = (writer(&ring), reader(&ring));
                (self.before)(&messages, &mut writer, &mut reader);
                views.push(ring.view());
                writers.push(writer);
                readers.push(reader);
            }
            let (done, between, stream) = (Arc::new(AtomicBool::new(false)), Instant::now(), stream.clone());
            let told = Arc::clone(&done);
            let looking = spawn_at_once(move || {
                while !told.load(Ordering::Relaxed) {
                    yield_now();
                }
                views.iter().for_each(|view| look(&stream, view, between));
            });
            let (taking, writing) = (each(readers, &messages, self.takes), each(writers, &messages, self.writes));
            let sides = (taking.join().unwrap(), writing.join().unwrap());
            let sides = match self.leaves {
                true => spawn_at_once(move || drop(sides)).join().map(|()| None).unwrap(),
                false => Some(sides),
            };
            done.store(true, Ordering::Relaxed);
            let told = looking.join();
            drop(sides);
            told.unwrap();
        });
    }
}

/// Has another thread do this with each of the sides.
fn each<S: Send + 'static>(
    mut sides: Vec<S>,
    messages: &Arc<Vec<Vec<u8>>>,
    does: fn(Messages, &mut S),
) -> JoinHandle<Vec<S>> {
    let messages = Arc::clone(messages);
    spawn_at_once(move || {
        sides.iter_mut().for_each(|side| does(&messages, side));
        sides
    })
}

fn pop_each(reader: &mut RingReader, messages: Messages) {
    messages.iter().for_each(|message| assert_eq!(try_pop(reader), Ok(Some(message.clone()))));
}

/// Pops these messages, and releases them at once.
fn pop_at_once(reader: &mut RingReader, messages: Messages) {
    let mut batch = reader.batch(messages.len(), None).unwrap();
    assert_eq!(batch.messages().map(|message| message.to_vec()).collect::<Vec<_>>(), messages);
    batch.commit();
}

/// Pushes these messages when there is space, and publishes them at once.
fn push_at_once(writer: &mut RingWriter, messages: Messages) {
    let mut batch = writer.batch();
    for message in messages {
        while batch.try_push(message).is_err() {
            yield_now();
        }
    }
    batch.publish();
}

/// Fails unless this is true of what a view said.
fn says(is_true: bool, what: impl Debug) {
    assert!(is_true, "a view says what is not so: {what:?}");
}

/// Fails if the view counts other messages up to where it sees a side than were passed on.
fn counts(stream: &Stream, view: &RingView, _: Instant) {
    let (ends, seen) = (stream.positions(), view.snapshot());
    for side in [&seen.writer, &seen.reader] {
        let truth = ends.iter().position(|end| *end == side.position).expect("a side stands there");
        says(side.message_count.map_or(true, |messages| messages == truth as u64), side.message_count);
    }
}

/// The view counts messages, while a lap begins.
fn counting_across_laps(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[8, 0, 0, 8, 0, 0, 0, 0]);
    let late = Late {
        model: "late, a lap begins",
        before: |messages, writer, _| push_each(writer, &messages[..5]),
        takes: |messages, reader| pop_at_once(reader, &messages[..2]),
        writes: |messages, writer| push_at_once(writer, &messages[5..]),
        leaves: false,
    };
    late.look(&stream, fences, counts);
}

/// The view counts messages. The writer has noted the lap before it begins. Then two messages without bytes take the
/// place of the oldest one, which had some.
fn counting_within_a_lap(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    let late = Late {
        model: "late, within a lap",
        before: |messages, writer, reader| {
            push_each(writer, &messages[..6]);
            pop_each(reader, &messages[..2]);
            push_each(writer, &messages[6..8]);
        },
        takes: |messages, reader| pop_at_once(reader, &messages[2..4]),
        writes: |messages, writer| push_at_once(writer, &messages[8..]),
        leaves: false,
    };
    late.look(&stream, fences, counts);
}

/// The view copies the oldest message. The end of the stream takes its place, which is shorter: no header comes after
/// it. Another thread drops the writer than the one that saw that the place is free.
fn copying_what_an_end_overwrites(fences: FenceMode) {
    let stream = stream(any_start().of_its_lap(64), &[0, 8, 0, 0, 0, 0, 0, 0]);
    let late = Late {
        model: "late, an end",
        before: |messages, writer, reader| {
            push_each(writer, &messages[..6]);
            pop_each(reader, &messages[..1]);
            push_each(writer, &messages[6..7]);
        },
        takes: |messages, reader| pop_each(reader, &messages[1..2]),
        writes: |messages, writer| push_at_once(writer, &messages[7..]),
        leaves: true,
    };
    late.look(&stream, fences, |stream, view, _| match view.messages(1).next() {
        Some(Ok(message)) => {
            let number = stream.positions().iter().position(|end| *end == message.position);
            says(number.is_some_and(|number| message.bytes == stream.messages()[number - 1]), message);
        }
        None | Some(Err(ViewError::Overtaken)) => {}
        Some(Err(error)) => says(false, error),
    });
}

/// The view asks who holds the sides, which are closed.
fn asking_who_has_left(fences: FenceMode) {
    let late = Late {
        model: "late, sides that close",
        before: |_, _, _| {},
        takes: |_, _| {},
        writes: |_, _| {},
        leaves: true,
    };
    late.look(&stream(any_start(), &[]), fences, |_, view, _| {
        let seen = view.snapshot();
        let states = [seen.writer.state, seen.reader.state];
        says(states.iter().all(|state| [SideState::Attached, SideState::Closed].contains(state)), states);
    });
}

/// The view asks how long the reader has waited, which has waited for another message before.
fn asking_who_waits(fences: FenceMode) {
    fn waits_in_vain(reader: &mut RingReader) {
        assert_eq!(reader.pop(&mut Vec::new(), Some(Duration::from_nanos(1))), Err(PopError::TimedOut));
    }
    let late = Late {
        model: "late, a second wait",
        before: |messages, writer, reader| {
            waits_in_vain(reader);
            push_each(writer, messages);
        },
        takes: |messages, reader| {
            pop_each(reader, messages);
            waits_in_vain(reader);
        },
        writes: |_, _| {},
        leaves: false,
    };
    late.look(&stream(any_start(), &[0]), fences, |stream, view, between| {
        let reader = view.snapshot().reader;
        let has_begun_since = reader.awaits.is_some_and(|target| target != stream.positions()[1]);
        says(!has_begun_since || reader.waiting.map_or(true, |waiting| waiting <= between.elapsed()), reader.waiting);
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
    fn a_late_view_within_a_lap_counts_the_messages_or_none() {
        counting_within_a_lap(MODE);
    }

    #[test]
    fn a_late_view_copies_no_part_of_a_message_whose_place_an_end_took() {
        copying_what_an_end_overwrites(MODE);
    }

    #[test]
    fn a_late_view_calls_no_side_dead_that_closed() {
        asking_who_has_left(MODE);
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
    fn a_late_view_within_a_lap_counts_the_messages_or_none() {
        counting_within_a_lap(MODE);
    }

    #[test]
    fn a_late_view_copies_no_part_of_a_message_whose_place_an_end_took() {
        copying_what_an_end_overwrites(MODE);
    }

    #[test]
    fn a_late_view_calls_no_side_dead_that_closed() {
        asking_who_has_left(MODE);
    }

    /// In this mode alone: Miri has no membarrier, so nobody sleeps in the other one.
    #[test]
    fn a_late_view_tells_no_wait_longer_than_the_one_that_goes_on() {
        asking_who_waits(MODE);
    }
}
