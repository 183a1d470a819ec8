//! Faults 22, 24 and 25: a peer that breaks the protocol. Every value it may store is checked before it is used, and
//! the verdict stays.

use ipc_ring::{Check, PopError, PushError, RingReader, RingState, RingView, RingWriter, TryPopError, ViewError};
use ipc_ring_reference::{ring, Place, Words, CURSOR, DATA, END, PADDING, WAKE_AT};

fn rigged() -> (Place, RingWriter, RingReader, Words) {
    let (place, writer, reader) = ring(128);
    let words = place.words();
    (place, writer, reader, words)
}

/// The reader says `check`, and goes on saying so when the peer has mended its words. So does whoever looks, at once.
fn reader_says(place: &Place, reader: &mut RingReader, words: &Words, check: Check) {
    let view = RingView::open(place.ring()).unwrap();
    assert_eq!(view.messages(10).collect::<Vec<_>>(), [Err(ViewError::Corrupt { check })]);
    if matches!(check, Check::CursorAlignment | Check::CursorRange) {
        let seen = view.snapshot();
        assert_eq!((seen.state, seen.used_bytes), (RingState::Corrupt { check }, 128));
    }
    let mut buffer = b"before".to_vec();
    assert_eq!(reader.try_pop(&mut buffer), Err(TryPopError::Corrupt { check }));
    words.set(words.writer(CURSOR), 16);
    words.set(words.byte(0), DATA | 3);
    assert_eq!(reader.try_pop(&mut buffer), Err(TryPopError::Corrupt { check }));
    assert_eq!(reader.pop(&mut buffer, None), Err(PopError::Corrupt { check }));
    assert_eq!(buffer, b"before");
    assert!(!reader.is_empty());
    words.set(words.writer(CURSOR), u64::MAX);
    assert_eq!((reader.used_bytes(), reader.free_bytes()), (128, 0));
}

// Checks: I6.
#[test]
fn f22_a_writers_cursor_that_cannot_be_is_refused() {
    let alignment = [2, 4, 12, 13, u64::MAX, u64::MAX - 1].map(|cursor| (cursor, Check::CursorAlignment));
    let range = [136, 1 << 32, (1 << 32) + 8, 1 << 63, u64::MAX - 7].map(|cursor| (cursor, Check::CursorRange));
    for (cursor, check) in alignment.into_iter().chain(range) {
        let (place, _writer, mut reader, words) = rigged();
        words.set(words.writer(CURSOR), cursor);
        reader_says(&place, &mut reader, &words, check);
    }
}

// Checks: I6.
#[test]
fn f22_a_writers_cursor_that_goes_back_is_refused() {
    let (place, mut writer, mut reader, words) = rigged();
    writer.push(b"one", None).unwrap();
    writer.push(b"two", None).unwrap();
    reader.try_pop(&mut Vec::new()).unwrap();
    reader.try_pop(&mut Vec::new()).unwrap();
    words.set(words.writer(CURSOR), 16);
    reader_says(&place, &mut reader, &words, Check::CursorRange);
}

// Checks: I6.
#[test]
fn f24_a_record_that_cannot_be_is_refused() {
    for (header, published, check) in [
        (0, 8, Check::RecordKind),
        (8, 16, Check::RecordKind),
        (END | 1, 8, Check::RecordKind),
        (END | 8, 16, Check::RecordKind),
        (4 << 32, 8, Check::RecordKind),
        (u64::MAX, 128, Check::RecordKind),
        (DATA | 1, 8, Check::RecordLength),
        (DATA | 9, 16, Check::RecordLength),
        (DATA | 121, 128, Check::RecordLength),
        (DATA | 0xFFFF_FFFF, 128, Check::RecordLength),
        (DATA | 0xFFFF_FFF8, 128, Check::RecordLength),
        (PADDING | 0xFFFF_FFFF, 128, Check::RecordLength),
        (PADDING, 8, Check::RecordPadding),
        (PADDING | 120, 128, Check::RecordPadding),
    ] {
        let (place, _writer, mut reader, words) = rigged();
        words.set(words.byte(0), header);
        words.set(words.writer(CURSOR), published);
        reader_says(&place, &mut reader, &words, check);
    }
}

// Checks: I2, I6.
#[test]
fn f24_a_record_that_would_cross_the_end_is_refused_and_so_is_padding_that_does_not_reach_it() {
    for (header, check) in [
        (DATA | 120, Check::RecordLength),
        (DATA | 113, Check::RecordLength),
        (PADDING, Check::RecordPadding),
        (PADDING | 96, Check::RecordPadding),
    ] {
        let (place, mut writer, mut reader, words) = rigged();
        writer.push(b"one", None).unwrap();
        reader.try_pop(&mut Vec::new()).unwrap();
        words.set(words.byte(16), header);
        words.set(words.writer(CURSOR), 16 + 128);
        reader_says(&place, &mut reader, &words, check);
    }
}

/// Padding at the end is followed by padding at the beginning, which no writer writes: two steps and no more.
// Checks: I6.
#[test]
fn f25_endless_padding_is_refused_at_once() {
    let (_place, mut writer, mut reader, words) = rigged();
    writer.push(b"one", None).unwrap();
    reader.try_pop(&mut Vec::new()).unwrap();
    words.set(words.byte(16), PADDING | 104);
    words.set(words.byte(0), PADDING | 8);
    words.set(words.writer(CURSOR), 16 + 128);
    assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Corrupt { check: Check::RecordPadding }));
}

/// A length that a hostile writer states is never taken for a size to allocate.
// Checks: I6.
#[test]
fn f24_no_more_is_allocated_than_the_ring_is_large() {
    for length in [129, 1 << 20, u64::from(u32::MAX)] {
        let (_place, _writer, mut reader, words) = rigged();
        words.set(words.byte(0), DATA | length);
        words.set(words.writer(CURSOR), 128);
        let mut buffer = Vec::new();
        assert_eq!(reader.try_pop(&mut buffer), Err(TryPopError::Corrupt { check: Check::RecordLength }));
        assert_eq!(buffer.capacity(), 0, "length {length}");
        assert!(reader.try_peek().is_err() && reader.try_batch(1).is_err());
    }
    let (_place, _writer, mut reader, words) = rigged();
    words.set(words.byte(0), DATA | 120);
    words.set(words.writer(CURSOR), 128);
    let mut buffer = Vec::new();
    assert_eq!(reader.try_pop(&mut buffer), Ok(Some(120)), "and as much as that");
    assert!(buffer.capacity() <= 128);
}

// Checks: I6.
#[test]
fn f22_a_readers_cursor_that_cannot_be_is_refused() {
    let alignment = [12, 20, u64::MAX].map(|cursor| (cursor, Check::CursorAlignment));
    let range = [0, 56, 192, 200, 1 << 32, 1 << 63, u64::MAX - 7].map(|cursor| (cursor, Check::CursorRange));
    for (cursor, check) in alignment.into_iter().chain(range) {
        let (_place, mut writer, mut reader, words) = rigged();
        let corrupt = Err(PushError::Corrupt { check });
        writer.try_push(&[1; 56]).unwrap();
        reader.try_pop(&mut Vec::new()).unwrap();
        // The second of these takes a look at the reader, which stands at 64; then the ring is full.
        writer.try_push(&[2; 56]).unwrap();
        writer.try_push(&[3; 48]).unwrap();
        words.set(words.reader(CURSOR), cursor);
        assert_eq!(writer.try_push(b"").map_err(PushError::from), corrupt, "cursor {cursor}");
        words.set(words.reader(CURSOR), 184);
        assert_eq!(writer.try_push(b"").map_err(PushError::from), corrupt, "it stays");
        // Not even when the reader leaves as a good one does.
        words.set(words.reader(WAKE_AT), 1);
        assert_eq!(writer.push(b"", None), corrupt, "it stays");
        assert!(writer.used_bytes() + writer.free_bytes() == 128);
    }
}
