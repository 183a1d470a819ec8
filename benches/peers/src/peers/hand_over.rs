//! The limit: bytes handed over in batches, with nothing but a copy in, a copy out and one store a batch and side.
//!
//! No lengths, no waiting other than polling, no peer that could die or lie. Which copy is the fastest depends on the
//! size, the ring and the machine, so there are several, and the best of them is the limit.

use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::prelude::*;
use crate::shared::{look_until, Shared, LINE};

macro_rules! hand_over {
    ($how:ident) => {
        Link::Processes {
            first: Side::Sender,
            sender: |path, setup| of_size!(sender::<$how>(path, setup)),
            receiver: |path, setup| of_size!(receiver::<$how>(path, setup)),
        }
    };
}
/// Calls `$open::<$how, SIZE>` with the size of the messages, which the compiler knows that way.
macro_rules! of_size {
    ($open:ident::<$how:ident>($path:expr, $setup:expr)) => {
        match $setup.size {
            8 => $open::<$how, 8>($path, $setup),
            64 => $open::<$how, 64>($path, $setup),
            256 => $open::<$how, 256>($path, $setup),
            0x1000 => $open::<$how, 0x1000>($path, $setup),
            0x1_0000 => $open::<$how, 0x1_0000>($path, $setup),
            0x10_0000 => $open::<$how, 0x10_0000>($path, $setup),
            size => Err(format!("not built for messages of {size} bytes").into()),
        }
    };
}
/// `memcpy` in pieces: from 2 KiB on, glibc leaves a copy to an instruction that took three times as long where we
/// measured it.
pub const MEMCPY: Link = hand_over!(Memcpy);
/// Words of 8 bytes in, so that a load meets no store that is narrower than it. `memcpy` out.
pub const WORDS: Link = hand_over!(Words);
/// A loop of 16 bytes at a time, after a line of words.
pub const MOVES: Link = hand_over!(Moves);
/// Stores that go past the cache, and a fence for each batch. `memcpy` out.
pub const STREAM: Link = hand_over!(Stream);

/// How many messages have been sent, and how many received, since the beginning.
const SENT: usize = 0;
const RECEIVED: usize = LINE;
const MESSAGES: usize = 4096;

/// A way to copy messages into the ring, and out of it.
trait How: 'static {
    /// Copies `SIZE` bytes into the ring.
    ///
    /// # Safety
    /// As for [`ptr::copy_nonoverlapping`]. Both are at a multiple of 8, and so is `SIZE`.
    unsafe fn write<const SIZE: usize>(from: *const u8, to: *mut u8);

    /// Copies `SIZE` bytes out of the ring.
    ///
    /// # Safety
    /// As for `write`, except that `to` may be anywhere.
    #[inline(always)]
    unsafe fn read<const SIZE: usize>(from: *const u8, to: *mut u8) {
        // SAFETY: as the caller promises.
        unsafe { in_pieces::<SIZE>(from, to) }
    }

    /// Orders the copies of a batch before the store that publishes it, if that store does not do so itself.
    #[inline(always)]
    fn fence() {}
}

struct Memcpy;
struct Words;
struct Moves;
struct Stream;

impl How for Memcpy {
    #[inline(always)]
    unsafe fn write<const SIZE: usize>(from: *const u8, to: *mut u8) {
        // SAFETY: as the caller promises.
        unsafe { in_pieces::<SIZE>(from, to) }
    }
}

impl How for Words {
    #[inline(always)]
    unsafe fn write<const SIZE: usize>(from: *const u8, to: *mut u8) {
        // SAFETY: as the caller promises.
        unsafe { words(from, to, 0, SIZE) }
    }
}

impl How for Moves {
    #[inline(always)]
    unsafe fn write<const SIZE: usize>(from: *const u8, to: *mut u8) {
        let line = SIZE.min(64);
        // SAFETY: as the caller promises.
        unsafe { words(from, to, 0, line) };
        // SAFETY: as the caller promises; what is left has whole lines.
        unsafe { lines(from, to, line, SIZE) }
    }

    #[inline(always)]
    unsafe fn read<const SIZE: usize>(from: *const u8, to: *mut u8) {
        if SIZE < 64 {
            // SAFETY: as the caller promises.
            unsafe { in_pieces::<SIZE>(from, to) }
        } else {
            // SAFETY: as the caller promises; there are whole lines.
            unsafe { lines(from, to, 0, SIZE) }
        }
    }
}

impl How for Stream {
    #[inline(always)]
    unsafe fn write<const SIZE: usize>(from: *const u8, to: *mut u8) {
        // SAFETY: as the caller promises.
        unsafe { past_the_cache::<SIZE>(from, to) }
    }

    /// Stores past the cache are not ordered by a store that releases: they need a fence of their own.
    #[inline(always)]
    fn fence() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every processor of this architecture has it.
        unsafe {
            std::arch::x86_64::_mm_sfence()
        };
    }
}

/// Copies with `memcpy`, at most 1 KiB at a time.
///
/// # Safety
/// As for [`ptr::copy_nonoverlapping`].
#[inline(always)]
unsafe fn in_pieces<const SIZE: usize>(from: *const u8, to: *mut u8) {
    const PIECE: usize = 1024;
    let mut done = 0;
    while done < SIZE {
        let piece = PIECE.min(SIZE - done);
        // SAFETY: within the bytes that the caller promises.
        unsafe { ptr::copy_nonoverlapping(from.wrapping_add(done), to.wrapping_add(done), piece) };
        done += piece;
    }
}

/// Copies the bytes from `start` to `end` by words of 8. The accesses are volatile, so that the compiler makes no wider
/// ones of them.
///
/// # Safety
/// As for [`How::write`].
#[inline(always)]
unsafe fn words(from: *const u8, to: *mut u8, start: usize, end: usize) {
    for at in (start..end).step_by(8) {
        // SAFETY: within the bytes that the caller promises, and aligned.
        let word = unsafe { from.wrapping_add(at).cast::<u64>().read_volatile() };
        // SAFETY: as above.
        unsafe { to.wrapping_add(at).cast::<u64>().write_volatile(word) };
    }
}

/// Copies the bytes from `start` to `end`, whole lines of 64 bytes, 16 at a time.
///
/// # Safety
/// As for [`ptr::copy_nonoverlapping`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn lines(from: *const u8, to: *mut u8, start: usize, end: usize) {
    for at in (start..end).step_by(64) {
        // SAFETY: within the bytes that the caller promises. Assembly, for the compiler makes a `memcpy` of a loop.
        unsafe {
            std::arch::asm!(
                "movups {a}, [{from}]",
                "movups {b}, [{from} + 16]",
                "movups {c}, [{from} + 32]",
                "movups {d}, [{from} + 48]",
                "movups [{to}], {a}",
                "movups [{to} + 16], {b}",
                "movups [{to} + 32], {c}",
                "movups [{to} + 48], {d}",
                from = in(reg) from.wrapping_add(at),
                to = in(reg) to.wrapping_add(at),
                a = out(xmm_reg) _,
                b = out(xmm_reg) _,
                c = out(xmm_reg) _,
                d = out(xmm_reg) _,
                options(nostack, preserves_flags),
            );
        }
    }
}

/// Copies the bytes from `start` to `end`.
///
/// # Safety
/// As for [`ptr::copy_nonoverlapping`].
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
unsafe fn lines(from: *const u8, to: *mut u8, start: usize, end: usize) {
    // SAFETY: as the caller promises.
    unsafe { ptr::copy_nonoverlapping(from.wrapping_add(start), to.wrapping_add(start), end - start) };
}

/// Copies with stores that go past the cache: two words first, then 16 bytes at a time.
///
/// # Safety
/// As for [`How::write`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn past_the_cache<const SIZE: usize>(from: *const u8, to: *mut u8) {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_stream_si128, _mm_stream_si64};
    for at in (0..SIZE.min(16)).step_by(8) {
        // SAFETY: within the bytes that the caller promises, and aligned.
        let word = unsafe { from.wrapping_add(at).cast::<i64>().read_volatile() };
        // SAFETY: as above; the fence of the batch follows.
        unsafe { _mm_stream_si64(to.wrapping_add(at).cast(), word) };
    }
    for at in (16..SIZE).step_by(16) {
        // SAFETY: within the bytes that the caller promises.
        let bytes = unsafe { _mm_loadu_si128(from.wrapping_add(at).cast()) };
        // SAFETY: as above. A message of more than 8 bytes begins at a multiple of its size, which one of 16 divides.
        unsafe { _mm_stream_si128(to.wrapping_add(at).cast(), bytes) };
    }
}

/// Copies with `memcpy`: where such stores exist, they are not used here.
///
/// # Safety
/// As for [`How::write`].
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
unsafe fn past_the_cache<const SIZE: usize>(from: *const u8, to: *mut u8) {
    // SAFETY: as the caller promises.
    unsafe { in_pieces::<SIZE>(from, to) }
}

/// How many messages make a batch: no more than 16 KiB have.
fn batch(setup: &Setup) -> u64 {
    let most = setup.batch.min(setup.slots as u64);
    most.min((16 * 1024 / setup.size) as u64).max(1)
}

/// Maps the words and the slots.
fn map(path: &Path, setup: &Setup) -> Outcome<Shared> {
    match setup.pages {
        Pages::Absent => Shared::map_lazily(path, MESSAGES + setup.capacity),
        Pages::Usual | Pages::Present => Shared::map(path, MESSAGES + setup.capacity),
    }
}

/// Returns the slot of the message at `position`.
#[inline(always)]
fn slot<const SIZE: usize>(memory: &Shared, position: u64, slots: u64) -> *mut u8 {
    let at = memory.at(MESSAGES + (position & (slots - 1)) as usize * SIZE + SIZE - 1);
    at.wrapping_sub(SIZE - 1)
}

fn sender<H: How, const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let (memory, slots, batch) = (map(path, &setup)?, setup.slots as u64, batch(&setup));
    // How far this side is, and how far the other was when this one last looked.
    let (mut position, mut seen) = (0, 0);
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let due = outbox.due().min(batch);
        if position + due > seen + slots {
            let (least, received) = (position + due - slots, memory.word(RECEIVED));
            seen = look_until(|| Some(received.load(Acquire)).filter(|&received| received >= least));
        }
        for _ in 0..due {
            let (message, to) = (outbox.take_array::<SIZE>(), slot::<SIZE>(&memory, position, slots));
            // SAFETY: the receiver is done with this slot, and does not look at it before it is told to. The slot and
            // the message are aligned, for the outbox begins each with a line.
            unsafe { H::write::<SIZE>(message.as_ptr(), to) };
            position += 1;
        }
        H::fence();
        memory.word(SENT).store(position, Release);
        Ok(())
    }))
}

fn receiver<H: How, const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (memory, slots, batch) = (map(path, &setup)?, setup.slots as u64, batch(&setup));
    let (mut position, mut seen, mut message) = (0, 0, vec![0; SIZE]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        if seen == position {
            let sent = memory.word(SENT);
            seen = look_until(|| Some(sent.load(Acquire)).filter(|&sent| sent > position));
        }
        for _ in 0..(seen - position).min(batch) {
            let (from, to) = (slot::<SIZE>(&memory, position, slots), message[..SIZE].as_mut_ptr());
            // SAFETY: the sender is done with this slot, and does not touch it before it is told to.
            unsafe { H::read::<SIZE>(from, to) };
            inbox.accept(&message);
            position += 1;
        }
        memory.word(RECEIVED).store(position, Release);
        Ok(())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies<H: How, const SIZE: usize>() {
        let mut from = vec![0_u64; SIZE / 8];
        let words = (1_u64..).map(|number| number.wrapping_mul(0x0102_0304_0506_0708));
        from.iter_mut().zip(words).for_each(|(at, word)| *at = word);
        // Room to begin with a line.
        let (mut there, mut back) = (vec![0_u64; SIZE / 8 + 8], vec![0_u64; SIZE / 8]);
        let first = there.as_ptr().align_offset(64);
        let (there, back_at) = (there[first..].as_mut_ptr().cast::<u8>(), back.as_mut_ptr().cast::<u8>());
        // SAFETY: `from` has `SIZE` bytes, and `there` has room for them.
        unsafe { H::write::<SIZE>(from.as_ptr().cast(), there) };
        H::fence();
        // SAFETY: `back` has `SIZE` bytes, too.
        unsafe { H::read::<SIZE>(there, back_at) };
        assert_eq!(from, back, "{SIZE}");
    }

    #[test]
    fn whatever_the_way_the_bytes_arrive() {
        macro_rules! all {
            ($($size:literal)*) => {$(
                copies::<Memcpy, $size>();
                copies::<Words, $size>();
                copies::<Moves, $size>();
                copies::<Stream, $size>();
            )*};
        }
        all!(8 64 256 0x1000 0x1_0000 0x10_0000);
    }
}
