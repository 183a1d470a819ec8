//! What cargo-mutants finds to change in the library, and nothing can notice, with the reason (`cargo xtask mutants`).

/// A change of the library that changes nothing that anybody is promised.
#[derive(Clone, Copy)]
pub struct Equivalent {
    /// The file in `src/`.
    pub file: &'static str,
    /// The line of it that is changed.
    pub line: &'static str,
    /// What cargo-mutants calls the change.
    pub change: &'static str,
    /// Why nothing notices.
    pub why: &'static str,
}

/// All of them.
pub const EQUIVALENT: &[Equivalent] = &[
    Equivalent {
        file: "atomics/copy.rs",
        line: "ring as usize % GRANULE == 0 && !SEES_RACES",
        change: "delete ! in has_granules",
        why: "assembly copies what granules would: slower (`cargo xtask instructions`), and no less right",
    },
    Equivalent {
        file: "atomics/copy.rs",
        line: "ring as usize % GRANULE == 0 && !SEES_RACES",
        change: "replace % with + in has_granules",
        why: "assembly copies what granules would: slower (`cargo xtask instructions`), and no less right",
    },
    Equivalent {
        file: "atomics/copy.rs",
        line: "ring as usize % GRANULE == 0 && !SEES_RACES",
        change: "replace % with / in has_granules",
        why: "assembly copies what granules would: slower (`cargo xtask instructions`), and no less right",
    },
    Equivalent {
        file: "atomics/copy.rs",
        line: "ring as usize % GRANULE == 0 && !SEES_RACES",
        change: "replace has_granules -> bool with false",
        why: "assembly copies what granules would: slower (`cargo xtask instructions`), and no less right",
    },
    Equivalent {
        file: "file/create.rs",
        line: "Err(error) if error.kind() != io::ErrorKind::AlreadyExists && error.raw_os_error().is_some() => {",
        change: "replace match guard error.kind() != io::ErrorKind::AlreadyExists && error.raw_os_error().is_some() \
                 with true in create",
        why: "a name that exists refuses the second way as it refused the first, by the same error",
    },
    Equivalent {
        file: "file/identity.rs",
        line: "at if at < at::SIZE => !RESERVED.iter().any(|place| place.contains(&at)),",
        change: "replace < with <= in Found::of",
        why: "the byte after the identity is one of the epoch: both arms say that it is defined",
    },
    Equivalent {
        file: "file/open.rs",
        line: "let (name, flags) = (sys::c_string(path)?, libc::O_NOFOLLOW | libc::O_NONBLOCK);",
        change: "replace | with ^ in open_regular",
        why: "the flags have no bit in common",
    },
    Equivalent {
        file: "file/open.rs",
        line: "Access::Read => Descriptor::for_children_too(sys::open(&name, libc::O_RDONLY | flags, 0)?),",
        change: "replace | with ^ in open_regular",
        why: "the flags have no bit in common",
    },
    Equivalent {
        file: "file/open.rs",
        line: "Access::ReadAndWrite => Descriptor::open(|| sys::open(&name, libc::O_RDWR | flags, 0))?,",
        change: "replace | with ^ in open_regular",
        why: "the flags have no bit in common",
    },
    Equivalent {
        file: "protocol/endpoint.rs",
        line: "self.position != self.published",
        change: "replace Endpoint<R>::is_ahead -> bool with true",
        why: "the cursor is stored once more, as it is",
    },
    Equivalent {
        file: "protocol/producer.rs",
        line: "if self.endpoint.peer_has_left() || record.size() > self.endpoint.room() {",
        change: "replace > with >= in Producer::reserve",
        why: "what just fits takes the slow way, which finds that it fits",
    },
    Equivalent {
        file: "protocol/record.rs",
        line: "self.length | (self.kind as u64) << 32",
        change: "replace | with ^ in Record::to_word",
        why: "a length is less than 2^32 (I1), so the two have no bit in common",
    },
    Equivalent {
        file: "protocol/words.rs",
        line: "self.position.get() | if self.closed { word::CLOSED } else { 0 }",
        change: "replace | with ^ in Mark::to_word",
        why: "a position is a multiple of 8, and CLOSED is bit 0",
    },
];
