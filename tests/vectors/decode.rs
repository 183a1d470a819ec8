//! Decodes a ring's file as `docs/layout.md` has it, and by nothing else: it takes no number and no rule from the
//! library. What it says is JSON, to be held against `vectors.json`. The numbers in brackets are those of the rules.

use serde_json::{json, Value};

/// What a file of a ring holds that nobody has: `refused` alone, or what else there is to say of it.
pub fn decode(file: &[u8]) -> Value {
    let Some(identity) = file.get(..128) else { return json!({ "refused": "length" }) };
    let number = |at: usize| word(identity, at);
    let (capacity, page) = (number(16), number(24));
    // [3.1]
    let refused = if &identity[..8] != b"ipc_ring" {
        Some("magic")
    } else if number(8) != 2 {
        Some("abi")
    } else if !page.is_power_of_two() || !(4 << 10..=64 << 10).contains(&page) {
        Some("page size")
    } else if number(32) > 1 {
        Some("fences")
    } else if !capacity.is_power_of_two() || !(64..=1 << 31).contains(&capacity) {
        Some("capacity")
    } else if file.len() as u64 != 2 * page + capacity {
        Some("length")
    } else {
        None
    };
    if let Some(rule) = refused {
        return json!({ "refused": rule });
    }
    let (writer, rest) = file.split_at(page as usize);
    let (reader, bytes) = rest.split_at(page as usize);
    let cursors = [word(writer, 256), word(reader, 256)];
    let [to, from] = cursors.map(|cursor| cursor & !1);
    let (records, corrupt) = match possible(from, to, capacity) {
        Ok(()) => records(bytes, from, to),
        Err(check) => (Vec::new(), Some(check)),
    };
    json!({
        "page_size": page,
        "capacity": capacity,
        "fences": number(32),
        "id": text(&identity[48..64]),
        "boot": text(&identity[64..80]),
        "tag": text(&identity[96..128]),
        "reserved": reserved(writer, reader),
        "writer": side(writer, count(writer, bytes, to)),
        "reader": side(reader, count(writer, bytes, from)),
        "records": records,
        "corrupt": corrupt,
    })
}

fn word(area: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(area[at..at + 8].try_into().unwrap())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().trim_matches('\0').into()
}

/// The words of a side's page [4, 16], and what they say of it where nobody has it [11.4].
fn side(page: &[u8], messages: Option<u64>) -> Value {
    let [epoch, cursor, wake_at] = [128, 256, 384].map(|at| word(page, at));
    let closed = cursor & 1 == 1;
    let state = match (epoch, closed) {
        (0, _) => "absent",
        (_, true) => "closed",
        (_, false) => "died",
    };
    let figures: Vec<u64> = (0..12).map(|number| word(page, 512 + 8 * number)).collect();
    json!({
        "state": state,
        "epoch": epoch,
        "at": cursor & !1,
        "wake_at": wake_at,
        "messages": messages,
        "figures": figures,
    })
}

/// Where the first reserved byte stands that is not zero [19.1].
fn reserved(writer: &[u8], reader: &[u8]) -> Option<usize> {
    let in_identity = |at: usize| at < 40 || (48..80).contains(&at) || (96..128).contains(&at);
    let is_word = |at: usize| [128..136, 256..264, 384..392, 512..608].iter().any(|place| place.contains(&at));
    let writers = (0..writer.len()).find(|&at| writer[at] != 0 && !in_identity(at) && !is_word(at));
    let readers = || (0..reader.len()).find(|&at| reader[at] != 0 && !is_word(at)).map(|at| writer.len() + at);
    writers.or_else(readers)
}

/// Whether two sides can be there [5.3, 5.4].
fn possible(from: u64, to: u64, capacity: u64) -> Result<(), &'static str> {
    if from % 8 != 0 || to % 8 != 0 {
        Err("CursorAlignment")
    } else if to.wrapping_sub(from) > capacity {
        Err("CursorRange")
    } else {
        Ok(())
    }
}

/// The records from one position to another [6], and which check the one fails that ends them.
fn records(bytes: &[u8], from: u64, to: u64) -> (Vec<Value>, Option<&'static str>) {
    let (mut found, mut at) = (Vec::new(), from);
    while at != to {
        match record(bytes, at, to) {
            Ok((record, size)) => {
                found.push(record);
                at = at.wrapping_add(size);
            }
            Err(check) => return (found, Some(check)),
        }
    }
    (found, None)
}

/// The record at a position, and the bytes that it takes, if it is one.
fn record(bytes: &[u8], at: u64, to: u64) -> Result<(Value, u64), &'static str> {
    let (kind, length, size) = header(bytes, at, to)?;
    let index = at % bytes.len() as u64;
    match kind {
        1 => {
            let begin = index as usize + 8;
            Ok((json!([at, "message", text(&bytes[begin..begin + length as usize])]), size))
        }
        // [6.5]
        2 if index == 0 || index + size != bytes.len() as u64 => Err("RecordPadding"),
        2 => Ok((json!([at, "padding", size]), size)),
        _ => Ok((json!([at, "end"]), size)),
    }
}

/// The kind, the length and the size of the record at a position, if all of it lies in the lap and before `to` [6.9].
fn header(bytes: &[u8], at: u64, to: u64) -> Result<(u64, u64, u64), &'static str> {
    let capacity = bytes.len() as u64;
    let (index, header) = (at % capacity, word(bytes, (at % capacity) as usize));
    let (length, kind) = (header & 0xffff_ffff, header >> 32);
    let size = (8 + length + 7) & !7;
    if !(1..=3).contains(&kind) || (kind == 3 && length != 0) {
        Err("RecordKind")
    } else if size > to.wrapping_sub(at).min(capacity - index) {
        Err("RecordLength")
    } else {
        Ok((kind, length, size))
    }
}

/// How many messages were pushed up to a position of a side, if that can be told [16.7].
fn count(writer: &[u8], bytes: &[u8], position: u64) -> Option<u64> {
    let figure = |number: usize| word(writer, 512 + 8 * number);
    let note = 6 + 2 * (figure(5) % 2) as usize;
    let (noted, messages) = (figure(note), figure(note + 1));
    let is_after = position.wrapping_sub(noted) < 1 << 63;
    let (from, to) = if is_after { (noted, position) } else { (position, noted) };
    possible(from, to, bytes.len() as u64).ok()?;
    let (mut counted, mut at) = (0, from);
    while at != to {
        let (kind, _, size) = header(bytes, at, to).ok()?;
        counted += u64::from(kind == 1);
        at = at.wrapping_add(size);
    }
    Some(if is_after { messages.wrapping_add(counted) } else { messages.wrapping_sub(counted) })
}
