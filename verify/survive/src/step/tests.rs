//! The judge and the watch themselves, judged: by images of rings that are broken by hand.

use std::path::Path;

use ipc_ring::{RingReader, RingWriter};
use ipc_ring_reference::words::{self, figure};
use ipc_ring_reference::{Place, CURSOR, END};

use super::judge::Judge;
use super::ledger::{course, Contents, Course, Ledger};
use super::watch::Watch;
use super::work::{message, Ending, Patience, Work};

const CAPACITY: usize = 64;
const PUSH: Work = Work::Push { len: 16, patience: Patience::None };
const POP: Work = Work::Pop { patience: Patience::None };

/// The image of a ring that holds two messages of 8 bytes each, after its first 8 bytes were popped.
fn image(path: &Path) -> Vec<u8> {
    let mut writer = RingWriter::create(path, CAPACITY).unwrap();
    let mut reader = RingReader::open(path).unwrap();
    writer.push(&[], None).unwrap();
    reader.pop(&mut Vec::new(), None).unwrap();
    writer.push(&message(1, 8), None).unwrap();
    writer.push(&message(2, 8), None).unwrap();
    std::fs::read(path).unwrap()
}

/// A word of an image.
#[derive(Clone, Copy)]
enum At {
    WriterCursor,
    ReaderCursor,
    /// Where the last note was made, which is 0, and the messages up to there.
    NotedPosition,
    NotedMessages,
    Bytes(usize),
}

fn set(image: &mut [u8], at: At, word: u64) {
    let page = (image.len() - CAPACITY) / 2;
    let at = match at {
        At::WriterCursor => CURSOR,
        At::ReaderCursor => page + CURSOR,
        At::NotedPosition => words::at(figure::NOTE + 2),
        At::NotedMessages => words::at(figure::NOTE + 3),
        At::Bytes(index) => 2 * page + index,
    };
    image[at..at + 8].copy_from_slice(&word.to_le_bytes());
}

/// What the judge finds in the image with these words in it.
fn judged(words: &[(At, u64)]) -> Result<Contents, String> {
    let place = Place::new();
    let mut image = image(&place.ring());
    words.iter().for_each(|&(at, word)| set(&mut image, at, word));
    Judge::new(place.path("copy")).contents(&image)
}

/// What the image holds by rights.
fn sound() -> Contents {
    let messages = vec![(24, message(1, 8)), (40, message(2, 8))];
    let ends = Vec::new();
    Contents { written: 40, read: 8, messages, ends, ever: Some(3), writer_closed: false, reader_closed: false }
}

#[test]
fn a_sound_ring_is_found_to_hold_what_it_does() {
    assert_eq!(judged(&[]), Ok(sound()));
}

#[test]
fn a_side_that_closed_is_found_to_have() {
    assert_eq!(judged(&[(At::WriterCursor, 40 | 1)]), Ok(Contents { writer_closed: true, ..sound() }));
}

#[test]
fn ends_are_found_where_they_stand() {
    let last = judged(&[(At::Bytes(40), END), (At::WriterCursor, 48 | 1)]);
    assert_eq!(last, Ok(Contents { written: 48, ends: vec![48], writer_closed: true, ..sound() }));
    // There is no room for another.
    let words = (40..72).step_by(8).map(|at| (At::Bytes(at % CAPACITY), END));
    let words = words.chain([(At::WriterCursor, 72 | 1), (At::NotedPosition, 8), (At::NotedMessages, 1)]);
    let full = judged(&words.collect::<Vec<_>>()).unwrap();
    assert_eq!((full.written, full.ends.len(), full.messages.len()), (72, 4, 2));
}

#[test]
fn a_torn_message_is_found_to_be_another() {
    let torn = judged(&[(At::Bytes(16), 0x0101_0101_0101_0101)]).unwrap();
    assert_eq!(torn.messages, [(24, vec![1; 8]), (40, message(2, 8))]);
}

#[test]
fn a_lost_message_and_one_that_comes_again_are_found_to() {
    let lost = judged(&[(At::WriterCursor, 24)]).unwrap();
    assert_eq!((lost.written, lost.messages), (24, vec![(24, message(1, 8))]));
    let again = judged(&[(At::ReaderCursor, 0)]).unwrap();
    assert_eq!(again.messages, [(8, vec![]), (24, message(1, 8)), (40, message(2, 8))]);
}

#[test]
fn a_wrong_count_of_messages_is_found_to_be_another() {
    assert_eq!(judged(&[(At::NotedMessages, 5)]), Ok(Contents { ever: Some(8), ..sound() }));
}

#[test]
fn a_cursor_ahead_of_its_record_is_found() {
    // The bytes after them are old, or were never written.
    assert!(judged(&[(At::WriterCursor, 56)]).unwrap_err().contains("Corrupt"));
    // The header is there, and means more than was published: a successor writes into the message.
    assert!(judged(&[(At::WriterCursor, 32)]).is_err());
}

#[test]
fn cursors_that_cannot_be_are_found() {
    assert!(judged(&[(At::WriterCursor, 0)]).unwrap_err().contains("attaches"));
    assert!(judged(&[(At::ReaderCursor, 48)]).unwrap_err().contains("attaches"));
    assert!(judged(&[(At::WriterCursor, 80)]).unwrap_err().contains("attaches"));
}

fn after(works: &[Work]) -> Option<Ledger> {
    let mut number = 1;
    works.iter().fold(None, |ledger, work| {
        let end = course(&ledger, number, work).end();
        number += work.messages();
        end
    })
}

/// The complaints about a work that takes a ring through these states, each in a part of the work.
fn complaints(course: Course, seen: &[(usize, Contents)]) -> Vec<String> {
    let mut watch = Watch::new(course);
    let (mut part, mut instructions) = (0, 0);
    watch.next_part(0);
    for (of, contents) in seen {
        while part < *of {
            watch.next_part(instructions);
            part += 1;
        }
        watch.sees(instructions, Some(contents));
        instructions += 1;
    }
    watch.next_part(instructions);
    watch.violations()
}

#[test]
fn a_push_may_only_go_from_nothing_to_the_whole_message() {
    let before = after(&[Work::Create { capacity: CAPACITY }, PUSH]);
    let push = || course(&before, 2, &PUSH);
    let (first, last) = (before.as_ref().unwrap().contents(), push().end().unwrap().contents());
    let seen = |states: &[&Contents]| {
        let states: Vec<(usize, Contents)> = states.iter().map(|&state| (0, state.clone())).collect();
        complaints(push(), &states)
    };
    let told = |complaints: Vec<String>, what: &str| complaints.len() == 1 && complaints[0].contains(what);
    assert_eq!(seen(&[&first, &last]), [""; 0]);
    assert!(told(seen(&[&first]), "it has to hold"));
    let mut torn = last.clone();
    torn.messages[1].1[15] ^= 1;
    assert!(told(seen(&[&first, &torn, &last]), "ring holds"));
    let mut lost = last.clone();
    lost.messages.remove(0);
    assert!(told(seen(&[&first, &lost, &last]), "ring holds"));
    let too_far = Contents { written: last.written + 8, ..last.clone() };
    assert!(told(seen(&[&first, &too_far, &last]), "ring holds"));
    assert!(told(seen(&[&first, &last, &first, &last]), "goes back"));
    assert!(!seen(&[&last]).is_empty());
}

#[test]
fn a_batch_that_is_read_may_be_released_only_when_it_ends() {
    let before = after(&[Work::Create { capacity: CAPACITY }, PUSH, Work::Open]);
    let batch = || course(&before, 2, &Work::ReadBatch { max: 1, ending: Ending::Commit });
    let (first, last) = (before.as_ref().unwrap().contents(), batch().end().unwrap().contents());
    assert_eq!(complaints(batch(), &[(0, first.clone()), (1, last.clone())]), [""; 0]);
    assert!(!complaints(batch(), &[(0, first), (0, last)]).is_empty());
}

#[test]
fn padding_goes_with_its_message_where_both_fit_and_else_ahead() {
    let states = |works: &[Work], work: &Work| -> Vec<(u64, u64, usize)> {
        let course = course(&after(works), 9, work);
        let told = |ledger: &Option<Ledger>| {
            let contents = ledger.as_ref().unwrap().contents();
            (contents.read, contents.written, contents.messages.len())
        };
        course.parts.concat().iter().map(told).collect()
    };
    let push = |len| Work::Push { len, patience: Patience::None };
    let to_40 = [Work::Create { capacity: CAPACITY }, Work::Open, push(32), POP];
    assert_eq!(states(&to_40, &push(24)), [(40, 40, 0), (40, 96, 1)]);
    assert_eq!(states(&to_40, &push(40)), [(40, 40, 0), (40, 64, 0)]);
    let behind_padding = [&to_40[..], &[push(24)]].concat();
    assert_eq!(states(&behind_padding, &POP), [(40, 96, 1), (64, 96, 1), (96, 96, 0)]);
}
