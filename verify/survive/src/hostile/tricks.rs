//! What a liar does, a trick at a time.

use std::time::{Duration, Instant};

use ipc_ring::{Side, TryPushError};
use ipc_ring_reference::{CURSOR, DATA, END, WAKE_AT};

use super::liar::{Handle, Liar};
use super::lies::{cursor, header, plausible_cursor};

type Trick = fn(&mut Liar);

/// The tricks of each side, and how many times as often as others each is played.
const OF_A_WRITER: &[(usize, Trick)] = &[
    (4, keep_to_the_protocol),
    (3, forge),
    (4, change_headers),
    (5, lie_about_cursor),
    (1, storm),
    (1, flip_closed),
    (1, fill_page),
    (1, fill_bytes),
    (1, leave),
    (1, change_identity),
];
const OF_A_READER: &[(usize, Trick)] = &[
    (3, keep_to_the_protocol),
    (2, free_everything),
    (5, lie_about_cursor),
    (1, storm),
    (1, flip_closed),
    (1, fill_page),
    (1, leave),
];

pub fn play(liar: &mut Liar) {
    let tricks = match liar.side {
        Side::Writer => OF_A_WRITER,
        Side::Reader => OF_A_READER,
    };
    let mut drawn = liar.rng.usize(..tricks.iter().map(|(often, _)| often).sum::<usize>());
    for (often, trick) in tricks {
        match drawn.checked_sub(*often) {
            Some(rest) => drawn = rest,
            None => return trick(liar),
        }
    }
}

/// A number of times: a few, mostly, and now and then many.
fn times(liar: &mut Liar) -> u32 {
    let most = [4, 16, 64, 2000][liar.rng.usize(..4)];
    liar.rng.u32(1..=most)
}

/// Pushes or pops for a while. All that is wrong is what others have left behind.
fn keep_to_the_protocol(liar: &mut Liar) {
    liar.take_side();
    for _ in 0..times(liar) {
        let most = (liar.capacity() as usize - 16).min(256);
        let kept = match &mut liar.handle {
            Some(Handle::Writer(writer)) => {
                let message = [liar.rng.u8(..); 256];
                !matches!(writer.try_push(&message[..liar.rng.usize(..=most)]), Err(TryPushError::Corrupt { .. }))
            }
            Some(Handle::Reader(reader)) => reader.try_pop(&mut Vec::new()).is_ok(),
            None => return,
        };
        if !kept {
            liar.handle = None;
            return;
        }
        if liar.rng.u8(..8) == 0 {
            wait_a_little(liar);
        }
    }
}

/// Publishes records that were made up: most of them could be, and one may not.
fn forge(liar: &mut Liar) {
    for _ in 0..times(liar).min(200) {
        let (begin, granules) = (liar.victim(), liar.capacity() / 8);
        let end = begin.wrapping_add(8 * liar.rng.u64(1..=granules));
        let mut at = begin;
        while at != end {
            let (word, size) = header(liar, at, end.wrapping_sub(at));
            liar.lie(liar.words.granule(at), word);
            at = at.wrapping_add(size);
        }
        liar.lie(liar.own(CURSOR), end);
        wait_a_little(liar);
    }
}

/// Makes the ring one of empty messages, and now and then, for as long as a load takes, of one that it cannot hold,
/// or of an end, where the victim looks next: what was checked must be what is used.
fn change_headers(liar: &mut Liar) {
    for index in (0..liar.capacity()).step_by(8) {
        liar.lie(liar.words.granule(index), DATA);
    }
    for _ in 0..times(liar) {
        let at = liar.victim();
        liar.lie(liar.own(CURSOR), at.wrapping_add(liar.capacity()));
        let header = liar.words.granule(at.wrapping_add(8 * liar.rng.u64(..2)));
        let beyond = liar.capacity() - at % liar.capacity() - 7 + liar.rng.u64(..1 << 20);
        for _ in 0..8 {
            let word = if liar.rng.bool() { DATA | beyond } else { END };
            liar.lie(header, word);
            spin(liar.rng.u32(..4));
            liar.lie(header, DATA);
            spin(liar.rng.u32(..32));
        }
    }
}

fn lie_about_cursor(liar: &mut Liar) {
    for _ in 0..times(liar).min(64) {
        let word = cursor(liar);
        liar.lie(liar.own(CURSOR), word);
        wait_a_little(liar);
    }
}

/// Says to have read whatever there is, so that the writer goes on without end.
fn free_everything(liar: &mut Liar) {
    for _ in 0..times(liar) {
        let behind = if liar.rng.bool() { 0 } else { 8 * liar.rng.u64(..liar.capacity() / 8) };
        liar.lie(liar.own(CURSOR), liar.victim().wrapping_sub(behind));
        wait_a_little(liar);
    }
}

/// Asks to be woken at what the victim does next, at each step anew or pinned, and wakes the victim without a reason.
fn storm(liar: &mut Liar) {
    let pinned = liar.rng.bool().then(|| cursor(liar));
    for _ in 0..times(liar) {
        let next = liar.victim().wrapping_add(8 * liar.rng.u64(..4));
        liar.lie(liar.own(WAKE_AT), pinned.unwrap_or(next));
        // Its sleep is one on the liar's cursor.
        liar.words.wake(liar.own(CURSOR));
    }
}

/// Wakes the victim for a long time where it has nothing to do but to wait.
pub fn storm_for(liar: &mut Liar, duration: Duration) {
    let idle = match liar.side {
        Side::Writer => liar.victim(),
        Side::Reader => liar.victim().wrapping_sub(liar.capacity()),
    };
    liar.handle = None;
    liar.mend();
    liar.lie(liar.own(CURSOR), idle);
    let end = Instant::now() + duration;
    while Instant::now() < end {
        storm(liar);
    }
}

fn flip_closed(liar: &mut Liar) {
    for _ in 0..times(liar) {
        let word = if liar.rng.bool() { CURSOR } else { WAKE_AT };
        let offset = liar.own(word);
        liar.lie(offset, liar.words.get(offset) ^ 1);
        wait_a_little(liar);
    }
}

/// Stores to all of the page, except what says that the file is a ring.
fn fill_page(liar: &mut Liar) {
    for _ in 0..times(liar).min(20) {
        for offset in (liar.own_begin()..liar.words.page()).step_by(8) {
            let word = if liar.rng.bool() { liar.rng.u64(..) } else { plausible_cursor(liar) };
            liar.lie(liar.own(offset), word);
        }
    }
}

/// Stores to any of the ring's bytes.
fn fill_bytes(liar: &mut Liar) {
    for _ in 0..times(liar) {
        let at = 8 * liar.rng.u64(..liar.capacity() / 8);
        let left = 8 * liar.rng.u64(1..=liar.capacity() / 8);
        let (word, _) = header(liar, at, left);
        liar.lie(liar.words.granule(at), word);
    }
}

/// Leaves as a good process does, or as one that dies: with words that say that somebody is there.
fn leave(liar: &mut Liar) {
    liar.handle = None;
    if liar.rng.bool() {
        liar.mend();
    }
    for _ in 0..times(liar).min(64) {
        wait_a_little(liar);
    }
}

/// Changes what the file says of itself. Who has mapped it already must not look there again; who comes now is told
/// that this is no ring.
fn change_identity(liar: &mut Liar) {
    let offset = 8 * liar.rng.usize(..5);
    let was = liar.words.get(offset);
    let word = if liar.rng.bool() { liar.rng.u64(..) } else { was << 1 };
    liar.lie(offset, word);
    for _ in 0..times(liar).min(16) {
        wait_a_little(liar);
    }
    liar.words.set(offset, was);
}

/// Lets the victim take a step or two; also where it has to share the liar's processor.
fn wait_a_little(liar: &mut Liar) {
    if liar.rng.u8(..8) == 0 {
        return std::thread::yield_now();
    }
    spin(liar.rng.u32(..256));
}

fn spin(hints: u32) {
    (0..hints).for_each(|_| std::hint::spin_loop());
}
