//! What is in the file is decided by the input; it is opened and attached to. Each of the two has to come to the
//! verdict that the format, told again here, says that it has to come to.

use std::fs;
use std::path::Path;

use ipc_ring::layout::identity::{BOOT, OWNER_TAG, SIZE};
use ipc_ring::layout::{ABI, MAGIC};
use ipc_ring::{Check, OpenError, RingOptions};

use super::input::Input;
use ipc_ring_reference::words::{has_a_meaning, page_size};
use ipc_ring_reference::{Place, CURSOR};

/// Rings of more would only make inputs slow: what is compared of a capacity is a number.
const MOST: usize = 1 << 16;

pub fn run(bytes: &[u8]) {
    verdicts(bytes);
}

/// What had to become of the reader, and of the writer, and did.
pub fn verdicts(bytes: &[u8]) -> [Verdict; 2] {
    let mut input = Input::new(bytes);
    let file = file(&mut input);
    let place = Place::new();
    let path = place.ring();
    fs::write(&path, &file).expect("a file can be written");
    let mut options = RingOptions::new();
    options.prefault(false);
    // The reader first, which stores nothing in the writer's page.
    let (writer, reader) = (0, page_size());
    let to_the_reader = Verdict::on(&file, reader, writer, 0);
    let opened = options.open(&path);
    to_the_reader.is(opened.as_ref().err());
    if let Ok(mut reader) = opened {
        assert_eq!(reader.used_bytes() + reader.free_bytes(), reader.capacity());
        let popped = reader.try_pop(&mut Vec::new());
        let _ = popped.map(|len| assert!(len.unwrap_or(0) <= reader.capacity() - 8));
    }
    // What the reader left is what the writer has to judge.
    let file = fs::read(&path).expect("a file can be read");
    let capacity = word(&file, 16).unwrap_or(0);
    let to_the_writer = Verdict::on(&file, writer, page_size(), capacity);
    let attached = options.attach(&path);
    to_the_writer.is(attached.as_ref().err());
    if let Ok(mut writer) = attached {
        assert_eq!(writer.used_bytes() + writer.free_bytes(), writer.capacity());
        let _ = writer.try_push(b"message");
    }
    left_alone(&path, &file);
    [to_the_reader, to_the_writer]
}

/// A file made of the input as it is, or a ring with what the input changes in it.
fn file(input: &mut Input) -> Vec<u8> {
    let choice = input.byte();
    if choice == 0 {
        return input.rest(usize::MAX).to_vec();
    }
    let capacity = 64usize << (choice % 11);
    let mut file = vec![0; 2 * page_size() + capacity];
    let identity = [u64::from_le_bytes(MAGIC), ABI, capacity as u64, page_size() as u64, u64::from(choice) >> 7];
    for (at, word) in identity.into_iter().enumerate() {
        set(&mut file, 8 * at, word);
    }
    while !input.is_empty() {
        change(&mut file, input);
    }
    file
}

fn change(file: &mut Vec<u8>, input: &mut Input) {
    let (writer, reader) = (CURSOR, page_size() + CURSOR);
    match input.below(8) {
        0 => set(file, 8 * input.below(5), input.number(8)),
        1 => set(file, 8 * input.below(5), 1 << (input.byte() % 64)),
        2 => set(file, writer, input.number(2)),
        3 => set(file, reader, input.number(2)),
        4 => set(file, [writer, reader][input.below(2)], input.number(8)),
        5 => set(file, 2 * page_size() + 8 * input.below(8), input.number(8)),
        6 => set(file, 8 * input.number(2) as usize, input.number(8)),
        _ => {
            let len = input.number(3) as usize % (2 * page_size() + MOST);
            file.resize(len, 0);
        }
    }
}

fn set(file: &mut [u8], offset: usize, word: u64) {
    if let Some(to) = file.get_mut(offset..).and_then(|rest| rest.get_mut(..8)) {
        to.copy_from_slice(&word.to_le_bytes());
    }
}

fn word(file: &[u8], offset: usize) -> Option<u64> {
    let bytes = file.get(offset..)?.get(..8)?;
    Some(bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
}

/// What has to become of opening a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Ring,
    Incompatible,
    NotARing,
    AnotherBoot,
    AnotherOwner,
    Full,
    Corrupt(Check),
}

impl Verdict {
    /// On a side whose page begins at `own`, with its peer's at `peer`, which may be up to a capacity ahead of it, or
    /// for the writer `behind` bytes less.
    fn on(file: &[u8], own: usize, peer: usize, behind: u64) -> Self {
        // The identity's own bytes are read before anything is said of any.
        let words = (file.len() >= SIZE).then(|| [0, 8, 16, 24, 32].map(|offset| word(file, offset).unwrap_or(0)));
        let Some([magic, abi, capacity, page, fences]) = words else { return Verdict::NotARing };
        if magic != u64::from_le_bytes(MAGIC) {
            return Verdict::NotARing;
        }
        if abi != ABI || page != page_size() as u64 || fences > 1 {
            return Verdict::Incompatible;
        }
        let possible = capacity.is_power_of_two() && (64..=1 << 31).contains(&capacity);
        if !possible || file.len() as u64 != 2 * page + capacity {
            return Verdict::NotARing;
        }
        if has_what_is_reserved(file) {
            return Verdict::Incompatible;
        }
        let is_writer = own == 0;
        if is_writer && file[OWNER_TAG..OWNER_TAG + 32] != [0; 32] {
            return Verdict::AnotherOwner;
        }
        let (boot, now) = (&file[BOOT..BOOT + 16], this_boot());
        if boot != now && *boot != [0; 16] && now != [0; 16] {
            return Verdict::AnotherBoot;
        }
        let cursor = |page: usize| word(file, page + CURSOR).unwrap_or(0) & !1;
        let (own, peer) = (cursor(own), cursor(peer));
        if own % 8 != 0 || peer % 8 != 0 {
            Verdict::Corrupt(Check::CursorAlignment)
        } else if peer.wrapping_sub(own.wrapping_sub(behind)) > capacity {
            Verdict::Corrupt(Check::CursorRange)
        } else if is_writer && peer == own.wrapping_sub(behind) {
            // There is no room for the end of another stream.
            Verdict::Full
        } else {
            Verdict::Ring
        }
    }

    fn is(&self, error: Option<&OpenError>) {
        let came = match error {
            None => Verdict::Ring,
            Some(OpenError::Incompatible { .. }) => Verdict::Incompatible,
            Some(OpenError::NotARing { .. }) => Verdict::NotARing,
            Some(OpenError::AnotherBoot { .. }) => Verdict::AnotherBoot,
            Some(OpenError::AnotherOwner { .. }) => Verdict::AnotherOwner,
            Some(OpenError::Full { .. }) => Verdict::Full,
            Some(OpenError::Corrupt { check, .. }) => Verdict::Corrupt(*check),
            Some(other) => panic!("a file that is there and free was not opened: {other}"),
        };
        assert_eq!(came, *self, "{error:?}");
    }
}

/// Whether there is anything in the two pages that has no meaning.
fn has_what_is_reserved(file: &[u8]) -> bool {
    file[..2 * page_size()].iter().enumerate().any(|(at, &byte)| byte != 0 && !has_a_meaning(page_size(), at))
}

/// The boot that the system is in; zeroes where it does not say.
fn this_boot() -> [u8; 16] {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    u128::from_str_radix(text.trim().replace('-', "").as_str(), 16).unwrap_or(0).to_be_bytes()
}

/// Opening a file never changes its length, nor what it says of itself.
fn left_alone(path: &Path, before: &[u8]) {
    let after = fs::read(path).expect("a file can be read");
    assert_eq!(after.len(), before.len());
    let identity = before.len().min(SIZE);
    assert_eq!(after[..identity], before[..identity]);
}
