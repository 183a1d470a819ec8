//! Property: a view that looks at a ring after other messages took the place of the oldest, and whose loads may still
//! return what stood there before, tells a true count or none.
//!
//! Nothing but the fences of a view orders its loads here: what tells it that the sides are done does not. The messages
//! that take the place of others are empty, so a header is all that changes under a view.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, RingView};
use ipc_ring_reference::bodies::{push_each, reader, try_pop, writer, Stream};
use ipc_ring_reference::thread::spawn_at_once;

use crate::engine::{any_start, run, stream};

/// At how many rings a seed looks: what each load returns is drawn anew.
const LOOKS: usize = 8;

/// One thread is both sides of all rings: it fills each with the first `filled` messages, and then takes `takes` and
/// pushes the others. The view looks when that is done everywhere.
fn look_late(model: &str, stream: &Stream, filled: usize, takes: usize, look: fn(&Stream, &RingView)) {
    run(model, stream.start, || {
        let messages = stream.messages();
        let mut rings = Vec::new();
        for _ in 0..LOOKS {
            let ring = HeapRing::new(stream.capacity, stream.start.position, FenceMode::Asymmetric);
            let (mut writer, reader) = (writer(&ring), reader(&ring));
            push_each(&mut writer, &messages[..filled]);
            rings.push((ring, writer, reader));
        }
        let views: Vec<RingView> = rings.iter().map(|(ring, ..)| ring.view()).collect();
        let (done, stream) = (Arc::new(AtomicBool::new(false)), stream.clone());
        let told = Arc::clone(&done);
        let looking = spawn_at_once(move || {
            while !told.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            views.iter().for_each(|view| look(&stream, view));
        });
        for (_, writer, reader) in &mut rings {
            messages[..takes].iter().for_each(|message| assert_eq!(try_pop(reader), Ok(Some(message.clone()))));
            push_each(writer, &messages[filled..]);
        }
        done.store(true, Ordering::Relaxed);
        looking.join().unwrap();
    });
}

#[test]
fn a_view_that_is_late_counts_the_messages_that_were_pushed_or_none() {
    let stream = stream(any_start().of_its_lap(64), &[8, 0, 0, 8, 0, 0, 0, 0]);
    look_late("view, late, counting", &stream, 5, 2, |stream, view| {
        let (ends, seen) = (stream.positions(), view.snapshot());
        for side in [&seen.writer, &seen.reader] {
            let truth = ends.iter().position(|end| *end == side.position).expect("a side stands there");
            if let Ok(messages) = side.message_count {
                assert_eq!(messages, truth as u64);
            }
        }
    });
}
