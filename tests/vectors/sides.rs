//! A reader and a writer as `docs/layout.md` has them, and by nothing else: each takes its side of a file that nobody
//! else has, does its work, and leaves. It does not wait, and needs no fence. The numbers in brackets are those of the
//! rules.

/// A side, in a file.
struct Side<'a> {
    file: &'a mut [u8],
    page: usize,
    capacity: u64,
    /// Where the own page begins, and the peer's.
    own: usize,
    peer: usize,
    position: u64,
    published: u64,
}

const EPOCH: usize = 128;
const CURSOR: usize = 256;
const WAKE_AT: usize = 384;
const FIGURES: usize = 512;
const WAKES: usize = FIGURES + 8;
const WAITS_SINCE: usize = FIGURES + 8 * 3;
const NOTES: usize = FIGURES + 8 * 5;
const NOTE: usize = FIGURES + 8 * 6;

const MESSAGE: u64 = 1;
const PADDING: u64 = 2;
const END: u64 = 3;

impl<'a> Side<'a> {
    /// Knows where everything is [2, 3], and stores nothing yet [13.4].
    fn of(file: &'a mut [u8], is_writer: bool) -> Self {
        let mut side = Self { file, page: 0, capacity: 0, own: 0, peer: 0, position: 0, published: 0 };
        (side.capacity, side.page) = (side.get(16), side.get(24) as usize);
        (side.own, side.peer) = if is_writer { (0, side.page) } else { (side.page, 0) };
        side.position = side.get(side.own + CURSOR) & !1;
        side.published = side.position;
        side
    }

    fn get(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.file[at..at + 8].try_into().unwrap())
    }

    fn set(&mut self, at: usize, value: u64) {
        self.file[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    fn peers_position(&self) -> u64 {
        self.get(self.peer + CURSOR) & !1
    }

    /// Where a position lies in the file, and how far it is from there to the end of the lap [5.2].
    fn place(&self, position: u64) -> (usize, u64) {
        let index = position % self.capacity;
        (2 * self.page + index as usize, self.capacity - index)
    }

    /// The kind and the size of the record at a position, if it is one that ends by `to` [6.2, 6.9].
    fn record(&self, position: u64, to: u64) -> Option<(u64, u64)> {
        let (place, to_end) = self.place(position);
        let (kind, length) = (self.get(place) >> 32, self.get(place) & 0xffff_ffff);
        let size = (length + 15) & !7;
        let is_one = (MESSAGE..=END).contains(&kind) && (kind != END || length == 0);
        (is_one && size <= to_end.min(to.wrapping_sub(position))).then_some((kind, size))
    }

    /// The position of 10.9.
    fn reached_already(&self) -> u64 {
        self.position.wrapping_sub(if self.own == 0 { self.capacity } else { 0 })
    }

    /// [13.8]
    fn come(&mut self) {
        self.set(self.own + WAITS_SINCE, 0);
        self.set(self.own + EPOCH, self.get(self.own + EPOCH) + 1);
        self.set(self.own + CURSOR, self.position);
        self.set(self.own + WAKE_AT, self.reached_already());
    }

    /// Publishes or releases, and counts the wake that would be made [7.8, 8.6, 10.4].
    fn store_cursor(&mut self) {
        let (old, new) = (self.published, self.position);
        self.published = new;
        self.set(self.own + CURSOR, new);
        let target = self.get(self.peer + WAKE_AT) & !1;
        if new.wrapping_sub(target) < old.wrapping_sub(target) {
            self.set(self.own + WAKES, self.get(self.own + WAKES) + 1);
        }
    }

    /// [14.2]
    fn leave(&mut self) {
        self.set(self.own + WAKE_AT, self.reached_already() | 1);
        self.set(self.own + CURSOR, self.position | 1);
    }
}

/// Takes the reader's side, pops all, and leaves [8].
pub fn pop_all(file: &mut [u8]) -> Vec<Vec<u8>> {
    let mut reader = Side::of(file, false);
    reader.come();
    let (mut popped, seen) = (Vec::new(), reader.peers_position());
    while reader.position != seen {
        let (place, to_end) = reader.place(reader.position);
        let Some((kind, size)) = reader.record(reader.position, seen) else { break };
        if kind == PADDING && (size != to_end || to_end == reader.capacity) {
            break;
        }
        if kind == MESSAGE {
            let length = (reader.get(place) & 0xffff_ffff) as usize;
            popped.push(reader.file[place + 8..place + 8 + length].to_vec());
        }
        reader.position = reader.position.wrapping_add(size);
        reader.store_cursor();
    }
    reader.leave();
    popped
}

/// The writer's side, with how many messages there were, if that can be told [16].
struct Writer<'a> {
    side: Side<'a>,
    messages: Option<u64>,
}

/// Takes the writer's side, pushes a message if there is room for it, ends the stream, and leaves [7, 14]. Whether it
/// was pushed.
pub fn push_and_finish(file: &mut [u8], message: &[u8]) -> bool {
    let mut writer = Writer { side: Side::of(file, true), messages: None };
    writer.messages = writer.count();
    writer.notes_at_coming();
    writer.side.come();
    let is_pushed = writer.push(message);
    writer.notes_a_lap();
    writer.header(END, 0);
    writer.side.position = writer.side.position.wrapping_add(8);
    writer.side.leave();
    is_pushed
}

impl Writer<'_> {
    fn header(&mut self, kind: u64, length: u64) {
        let (place, _) = self.side.place(self.side.position);
        self.side.set(place, kind << 32 | length);
    }

    /// [7.1, 7.3 to 7.8]
    fn push(&mut self, message: &[u8]) -> bool {
        let (capacity, length) = (self.side.capacity, message.len() as u64);
        let (for_messages, size) = (capacity - 8, (length + 15) & !7);
        if length > capacity - 16 {
            return false;
        }
        loop {
            let (_, to_end) = self.side.place(self.side.position);
            let padding = if size > to_end { to_end } else { 0 };
            let is_together = padding + size <= for_messages;
            let needed = if is_together { padding + size } else { padding };
            let used = self.side.position.wrapping_sub(self.side.peers_position());
            if used + needed > for_messages {
                return false;
            }
            if padding > 0 {
                self.header(PADDING, padding - 8);
                self.side.position = self.side.position.wrapping_add(padding);
            }
            if is_together {
                break;
            }
            self.side.store_cursor();
        }
        self.notes_a_lap();
        self.header(MESSAGE, length);
        let (place, _) = self.side.place(self.side.position);
        self.side.file[place + 8..place + 8 + message.len()].copy_from_slice(message);
        self.side.position = self.side.position.wrapping_add(size);
        self.messages = self.messages.map(|messages| messages.wrapping_add(1));
        self.side.store_cursor();
        true
    }

    /// Where the last note is, and what it says; or that of the note `before` notes earlier [16.3].
    fn note_before(&self, before: u64) -> (u64, u64) {
        let number = self.side.get(NOTES).wrapping_sub(before);
        let place = NOTE + 16 * (number % 2) as usize;
        (self.side.get(place), self.side.get(place + 8))
    }

    /// [16.4]
    fn note(&mut self) {
        if let Some(messages) = self.messages {
            let number = self.side.get(NOTES) + 1;
            let place = NOTE + 16 * (number % 2) as usize;
            self.side.set(place, self.side.position);
            self.side.set(place + 8, messages);
            self.side.set(NOTES, number);
        }
    }

    /// Makes a note unless there is one of this lap [16.5].
    fn notes_a_lap(&mut self) {
        let (_, to_end) = self.side.place(self.side.position);
        if self.side.position.wrapping_sub(self.note_before(0).0) > self.side.capacity - to_end {
            self.note();
        }
    }

    /// [16.6]
    fn notes_at_coming(&mut self) {
        let (position, [last, before]) = (self.side.position, [0, 1].map(|before| self.note_before(before).0));
        let begins_a_lap = position % self.side.capacity == 0;
        let is_short = |noted: u64| noted != position && position.wrapping_sub(noted) < 1 << 63;
        let is_at_it = last == position && (begins_a_lap || !is_short(before));
        if is_at_it || (last != position && !is_short(last)) {
            self.note();
        } else if !begins_a_lap {
            self.notes_a_lap();
        }
    }

    /// The messages up to the own position, if that can be told [16.7].
    fn count(&self) -> Option<u64> {
        let (position, (noted, messages)) = (self.side.position, self.note_before(0));
        let is_past = position.wrapping_sub(noted) >= 1 << 63;
        let (from, to) = if is_past { (position, noted) } else { (noted, position) };
        if to.wrapping_sub(from) > self.side.capacity || from % 8 != 0 {
            return None;
        }
        let (mut counted, mut at) = (0, from);
        while at != to {
            let (kind, size) = self.side.record(at, to)?;
            counted += u64::from(kind == MESSAGE);
            at = at.wrapping_add(size);
        }
        Some(if is_past { messages.wrapping_sub(counted) } else { messages.wrapping_add(counted) })
    }
}
