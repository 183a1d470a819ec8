//! The layout: what `docs/layout.md` says of it is what the code has, number by number; payloads stand where
//! `PAYLOAD_ALIGN` promises; the locks are those of `lock`; and which handles can go to other threads.
#![cfg(not(any(loom, shuttle)))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::io::AsRawFd;
use std::path::Path;

use ipc_ring::layout::{self, identity, lock};
use ipc_ring::{ReadBatch, RingReader, RingWriter};
use ipc_ring_reference::Place;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn specification() -> String {
    read("docs/layout.md")
}

/// What a constant is as a document has it.
trait Shown {
    fn shown(&self) -> String;
}

impl Shown for [u8; 8] {
    fn shown(&self) -> String {
        format!("`{}`", std::str::from_utf8(self).unwrap())
    }
}

macro_rules! shown_as_numbers {
    ($($number:ty),*) => {$(
        impl Shown for $number {
            fn shown(&self) -> String {
                self.to_string().replace("2147483648", "2^31")
            }
        }
    )*};
}

shown_as_numbers!(u32, u64, usize);

/// The constants of these paths in `ipc_ring::layout`, each as it is shown.
macro_rules! constants {
    ($($($path:ident)::+),* $(,)?) => {
        [$((stringify!($($path)::+).replace(' ', ""), { use layout::*; $($path)::+.shown() })),*]
    };
}

fn constants() -> BTreeMap<String, String> {
    let all = constants![
        MAGIC,
        ABI,
        MIN_CAPACITY,
        MAX_CAPACITY,
        PAYLOAD_ALIGN,
        OVERHEAD,
        END_SIZE,
        kind::DATA,
        kind::PADDING,
        kind::END,
        identity::MAGIC,
        identity::ABI,
        identity::CAPACITY,
        identity::PAGE_SIZE,
        identity::FENCES,
        identity::ID,
        identity::BOOT,
        identity::OWNER_TAG,
        identity::SIZE,
        word::EPOCH,
        word::CURSOR,
        word::WAKE_AT,
        word::FIGURES,
        word::CLOSED,
        figure::SLEEPS,
        figure::WAKES,
        figure::LONGEST_WAIT,
        figure::WAITS_SINCE,
        figure::WAITS_FOR,
        figure::NOTES,
        figure::NOTE,
        figure::DROPPED,
        figure::REPEATED,
        figure::COUNT,
        lock::WRITER,
        lock::READER,
    ];
    all.into_iter().collect()
}

/// The rows of the document's tables, cell by cell.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_specification_lists_every_constant_of_the_layout_and_its_value() {
    let (document, constants) = (specification(), constants());
    let mut listed = BTreeMap::new();
    for row in rows(&document) {
        let name = row[0].trim_matches('`');
        if row[0].starts_with('`') && name.chars().any(|letter| letter.is_ascii_uppercase()) {
            assert!(listed.insert(name.to_string(), row[1].to_string()).is_none(), "{name} is listed twice");
        }
    }
    assert_eq!(listed, constants);
    let is_path = |text: &&str| {
        text.contains("::") && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_:".contains(letter))
    };
    for name in document.split('`').skip(1).step_by(2).filter(is_path).filter(|name| *name != "ipc_ring::layout") {
        assert!(constants.contains_key(name), "it names {name}, which the layout does not have");
    }
}

/// Those above are all that there are: as the source has them.
#[test]
fn no_constant_of_the_layout_is_left_out() {
    let (source, mut module, mut found) = (read("src/layout.rs"), "", BTreeSet::new());
    for line in source.lines() {
        if let Some(name) = line.strip_prefix("pub mod ") {
            module = name.trim_end_matches(" {");
        } else if line == "}" {
            module = "";
        } else if let Some(constant) = line.trim().strip_prefix("pub const ").filter(|rest| !rest.starts_with("fn ")) {
            let name = constant.split(':').next().unwrap();
            found.insert(if module.is_empty() { name.to_string() } else { format!("{module}::{name}") });
        }
    }
    assert_eq!(found, constants().into_keys().collect());
}

/// The bytes that the specification gives a field of the identity lie between it and the next.
#[test]
fn the_fields_of_the_identity_do_not_overlap_and_leave_what_is_reserved() {
    let document = specification();
    let mut free: BTreeSet<usize> = (0..identity::SIZE).collect();
    for row in rows(&document).iter().filter(|row| row[0].starts_with("`identity::") && !row[2].is_empty()) {
        let (at, len): (usize, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        for byte in at..at + len {
            assert!(free.remove(&byte), "{}: byte {byte} is another field's, too", row[0]);
        }
    }
    assert_eq!(free, (40..48).chain(80..96).collect());
}

/// A number that is none of the layout's stands with the line of the code that has it.
#[test]
fn the_other_numbers_of_the_specification_stand_in_the_code() {
    let document = specification();
    let mut quoted = 0;
    for row in rows(&document) {
        let Some((file, code)) = row[1].split_once("`: `").filter(|_| row.len() == 2) else { continue };
        let (file, code) = (file.trim_matches('`'), code.trim_matches('`'));
        assert_eq!(read(file).matches(code).count(), 1, "{file}: {code}");
        let numbers = |text: &str| -> BTreeSet<u64> {
            text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
        };
        let (said, has) = (numbers(row[0]), numbers(code));
        assert!(!said.is_empty() && said.is_subset(&has), "{}: {code} has {has:?}", row[0]);
        quoted += 1;
    }
    assert_eq!(quoted, 7);
}

/// Text, without what is quoted, headings, tables and drawings.
fn prose(document: &str) -> String {
    let (mut prose, mut is_block) = (String::new(), false);
    for line in document.lines() {
        is_block ^= line.starts_with("```");
        if !is_block && !line.starts_with(['|', '#', '-', '!', '`']) {
            prose += &line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
            prose.push(' ');
        }
    }
    prose
}

/// No number of the text is one that nothing is held against.
#[test]
fn every_number_in_the_text_of_the_specification_stands_in_one_of_its_tables() {
    let document = specification();
    let digits = |text: &str| -> BTreeSet<String> {
        let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|number| number.len() > 1);
        numbers.map(str::to_string).collect()
    };
    let in_tables: BTreeSet<String> = rows(&document).iter().flat_map(|row| digits(&row[..2].join(" "))).collect();
    // The width of a word and of its half, 2^63 and 2^64, and RFC 2119.
    let known: BTreeSet<&str> = ["32", "63", "64", "2119"].into();
    let text = prose(&document);
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        // Rules, sections and versions of other things have numbers of their own.
        let is_a_name = word.starts_with(|letter: char| letter.is_alphabetic())
            || word.contains('.') && word.trim_end_matches(['.', ',', ':', ')']).contains('.');
        let after = if at > 0 { words[at - 1] } else { "" };
        if is_a_name || after == "section" || after == "(section" || word.contains("-bit") {
            continue;
        }
        for number in digits(word) {
            assert!(
                known.contains(&*number) || in_tables.contains(&number),
                "{after} {word}: which table has {number}?"
            );
        }
    }
}

/// The rules that the document refers to exist, and those of a section are numbered from 1 on.
#[test]
fn every_rule_that_the_specification_refers_to_exists() {
    let document = specification();
    let in_text = document.lines().filter_map(|line| line.split_once(". ")).map(|(number, _)| number);
    let in_tables = document.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let is_rule = |text: &&str| {
        text.split_once('.').is_some_and(|(section, rule)| section.parse::<u8>().is_ok() && rule.parse::<u8>().is_ok())
    };
    let rules: Vec<&str> = in_text.chain(in_tables).filter(is_rule).collect();
    let distinct: BTreeSet<&str> = rules.iter().copied().collect();
    assert_eq!(distinct.len(), rules.len(), "a number is given twice");
    let mut of_sections = BTreeMap::<u8, BTreeSet<u8>>::new();
    for (section, rule) in rules.iter().filter_map(|rule| rule.split_once('.')) {
        of_sections.entry(section.parse().unwrap()).or_default().insert(rule.parse().unwrap());
    }
    assert!(of_sections.len() > 15);
    for (section, rules) in of_sections {
        assert!(rules.iter().copied().eq(1..=rules.len() as u8), "section {section} has the rules {rules:?}");
    }
    let words = document.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    for reference in words.map(|word| word.trim_matches('.')).filter(is_rule).filter(|word| *word != "14.4") {
        assert!(distinct.contains(reference), "there is no rule {reference}");
    }
}

/// The edges of the ordering contract that the specification names, with the ordering that it gives them.
#[test]
fn the_orderings_of_the_specification_are_those_of_the_contract() {
    let (document, contract) = (specification(), read("src/atomics/order.rs"));
    let mut named = BTreeSet::new();
    for row in rows(&document).iter().filter(|row| row[0].starts_with("9.")) {
        let edges = row[1]
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| word.strip_prefix('O').is_some_and(|digits| digits.parse::<u8>().is_ok()));
        let edges: Vec<&str> = edges.collect();
        let all: Vec<String> = if row[1].contains("O9 to O15") {
            (9..=15).map(|edge| format!("O{edge}")).collect()
        } else {
            edges.iter().map(|edge| edge.to_string()).collect()
        };
        for edge in all {
            let line = contract.lines().find(|line| line.contains(&format!("edge(\"{edge}\", ")));
            let ordering =
                line.unwrap_or_else(|| panic!("no {edge}")).rsplit(", ").next().unwrap().trim_end_matches(");");
            let named_so = match ordering {
                "SeqCst" => "`seq_cst`".to_string(),
                other => format!("`{}`", other.to_lowercase()),
            };
            assert!(row[2].contains(&named_so), "{}: {edge} is {ordering}", row[0]);
            named.insert(edge);
        }
    }
    // O16 and O17 are the kernel's.
    let known = (1..=21).filter(|edge| ![16, 17].contains(edge)).map(|edge| format!("O{edge}"));
    assert_eq!(named, known.collect());
}

/// Whose lock is on the byte of a ring's file, as another description sees it: the range that is locked.
fn locked(path: &Path, byte: u64) -> Option<(i64, i64)> {
    let file = fs::File::open(path).unwrap();
    // SAFETY: plain data, for which zeroes are valid.
    let mut request: libc::flock = unsafe { std::mem::zeroed() };
    (request.l_type, request.l_start, request.l_len) = (libc::F_WRLCK as _, byte as _, 1);
    // SAFETY: the descriptor is open as long as `file`, and the command takes a `flock`.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &mut request) }, 0);
    (request.l_type != libc::F_UNLCK as libc::c_short).then_some((request.l_start as i64, request.l_len as i64))
}

#[test]
fn each_side_locks_its_byte_while_it_lives_and_no_other() {
    let place = Place::new();
    let writer = RingWriter::create(place.ring(), 64).unwrap();
    assert_eq!(locked(&place.ring(), lock::WRITER), Some((lock::WRITER as i64, 1)));
    assert_eq!(locked(&place.ring(), lock::READER), None);
    let reader = RingReader::open(place.ring()).unwrap();
    drop(writer);
    assert_eq!(locked(&place.ring(), lock::WRITER), None);
    assert_eq!(locked(&place.ring(), lock::READER), Some((lock::READER as i64, 1)));
    drop(reader);
    assert_eq!(locked(&place.ring(), lock::READER), None);
}

/// Asserts that a payload stands at a multiple of `PAYLOAD_ALIGN`, and is what was pushed.
fn stands_well(payload: &[u8], len: usize) {
    assert_eq!(payload.as_ptr() as usize % layout::PAYLOAD_ALIGN, 0, "{len} bytes");
    assert!(payload.len() == len && payload.iter().all(|&byte| byte == len as u8));
}

/// Pushes and pops a message of each length at each position of a lap, on the heap and in a file: by a peek and a
/// grant, and by two batches of it and an empty one.
#[test]
fn payloads_of_all_lengths_at_all_positions_stand_at_a_multiple_of_the_promised() {
    const CAPACITY: usize = 256;
    let place = Place::new();
    let writer = RingWriter::create(place.ring(), CAPACITY).unwrap();
    let in_a_file = (writer, RingReader::open(place.ring()).unwrap());
    for (mut writer, mut reader) in [ipc_ring::pair(CAPACITY).unwrap(), in_a_file] {
        let mut seen = BTreeSet::new();
        for index in (0..CAPACITY).step_by(layout::PAYLOAD_ALIGN) {
            for len in 0..=layout::max_message_len(CAPACITY) {
                while writer.position() as usize % CAPACITY != index {
                    writer.try_push(b"").unwrap();
                    assert_eq!(reader.try_pop(&mut Vec::new()), Ok(Some(0)));
                }
                grant(&mut writer, &mut reader, len);
                seen.insert((index, len));
                let message = reader.try_peek().unwrap().unwrap();
                // SAFETY: this very thread is the writer, and pushes nothing meanwhile.
                stands_well(unsafe { message.as_slice() }, len);
                assert_eq!(reader.try_pop(&mut Vec::new()), Ok(Some(len)));
                batch(&mut writer, &mut reader, len);
            }
        }
        assert_eq!(seen.len(), CAPACITY / 8 * (CAPACITY - 15));
    }
}

/// Pushes a message by a grant.
fn grant(writer: &mut RingWriter, reader: &mut RingReader, len: usize) {
    // Padding may have to go ahead alone, which the reader has to pass first.
    if writer.try_reserve(len).is_err() {
        assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
    }
    let mut grant = writer.try_reserve(len).unwrap();
    // SAFETY: this very thread is the reader, and looks at nothing meanwhile.
    let place = unsafe { grant.as_mut_slice() };
    assert_eq!(place.as_ptr() as usize % layout::PAYLOAD_ALIGN, 0, "a grant of {len} bytes");
    place.fill(len as u8);
    grant.commit();
}

/// Pushes the message, and an empty one where there is room, and reads them in a batch.
fn batch(writer: &mut RingWriter, reader: &mut RingReader, len: usize) {
    let message = vec![len as u8; len];
    if writer.try_push(&message).is_err() {
        assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
        writer.try_push(&message).unwrap();
    }
    let more = usize::from(writer.try_push(b"").is_ok());
    let mut batch: ReadBatch<'_> = reader.try_batch(2).unwrap().unwrap();
    let mut passed = 0;
    for message in batch.messages() {
        // SAFETY: this very thread is the writer, and pushes nothing meanwhile.
        stands_well(unsafe { message.as_slice() }, if passed == 0 { len } else { 0 });
        passed += 1;
    }
    assert_eq!(passed, 1 + more);
    batch.commit();
}

/// Which types can go to another thread, and which can be shared between threads. What cannot, cannot compile.
mod threads {
    use ipc_ring::*;

    /// `Type::IS` is whether it is `Send`, or `Sync`: the inherent constant comes first where its bound holds.
    macro_rules! ask {
        ($name:ident, $bound:path) => {
            struct $name<T>(std::marker::PhantomData<T>);
            #[allow(dead_code)]
            impl<T: $bound> $name<T> {
                const IS: bool = true;
            }
        };
    }

    trait No {
        const IS: bool = false;
    }
    impl<T> No for T {}

    ask!(CanGo, Send);
    ask!(CanBeShared, Sync);

    macro_rules! they {
        ($($type:ty: $send:literal, $sync:literal;)*) => {$(
            assert_eq!(CanGo::<$type>::IS, $send, "{} is Send", stringify!($type));
            assert_eq!(CanBeShared::<$type>::IS, $sync, "{} is Sync", stringify!($type));
        )*};
    }

    #[test]
    fn every_handle_can_go_to_another_thread_and_those_that_move_a_side_cannot_be_shared() {
        they! {
            RingWriter: true, false;
            RingReader: true, false;
            ByteWriter: true, false;
            ByteReader: true, false;
            ByteWriter<&'static mut RingWriter>: true, false;
            ByteReader<&'static mut RingReader>: true, false;
            WriteBatch<'static>: true, false;
            ReadBatch<'static>: true, false;
            Messages<'static>: true, false;
            Grant<'static>: true, false;
            Iter<'static>: true, false;
            // It moves nothing, and nothing is released as long as it is there.
            Message<'static>: true, true;
            // It only looks.
            RingView: true, true;
            WaitingMessages<'static>: true, true;
            WaitingMessage: true, true;
            Snapshot: true, true;
            RingOptions: true, true;
            Trust: true, true;
            RingId: true, true;
        }
    }

    #[test]
    fn every_error_can_go_to_another_thread_and_be_shared() {
        they! {
            CreateError: true, true;
            CreateOrAttachError: true, true;
            OpenError: true, true;
            PushError: true, true;
            TryPushError: true, true;
            PopError: true, true;
            TryPopError: true, true;
            PopIntoError: true, true;
            BufferTooSmall: true, true;
            InvalidCapacity: true, true;
            InvalidPosition: true, true;
            CountError: true, true;
            ViewError: true, true;
        }
    }

    /// A question that is always answered alike would be none.
    #[test]
    fn what_can_go_or_be_shared_is_told_from_what_cannot() {
        they! {
            u8: true, true;
            std::cell::Cell<u8>: true, false;
            std::sync::MutexGuard<'static, u8>: false, true;
            std::rc::Rc<u8>: false, false;
        }
    }
}
