//! The library, broken in one place at a time, so that a sanitizer has something to report.
//!
//! A piece of the source and what stands in its place, in a copy of the repository: the piece has to occur in its file
//! exactly once.

/// A broken library, and what must be reported of it.
pub struct Canary {
    /// What is wrong, and the row of SAFETY.md that no longer holds.
    pub breaks: &'static str,
    pub file: &'static str,
    pub piece: &'static str,
    pub broken: &'static str,
    /// Where the ring is (`ipc_ring_stress --memory`).
    pub memory: &'static str,
    pub report: &'static str,
}

const RACE: &str = "WARNING: ThreadSanitizer: data race";
const OVERFLOW: &str = "ERROR: AddressSanitizer: heap-buffer-overflow";

/// Each edge that orders the accesses to a record's bytes, weakened; and the fence after a load, which O2 and O4 are,
/// left out.
pub const OF_TSAN: &[Canary] = &[
    weakened("O1: PUBLISH is Relaxed", r#"edge("O1", Release)"#, r#"edge("O1", Relaxed)"#),
    weakened("O2: OBSERVE is Relaxed", r#"edge("O2", Acquire)"#, r#"edge("O2", Relaxed)"#),
    weakened("O3: RELEASE is Relaxed", r#"edge("O3", Release)"#, r#"edge("O3", Relaxed)"#),
    weakened("O4: RECLAIM is Relaxed", r#"edge("O4", Acquire)"#, r#"edge("O4", Relaxed)"#),
    Canary {
        breaks: "O2, O4: no fence comes after the load",
        file: "src/atomics/std.rs",
        piece: "self.fence_after_load(edge);",
        broken: "",
        memory: "heap",
        report: RACE,
    },
];

const fn weakened(breaks: &'static str, piece: &'static str, broken: &'static str) -> Canary {
    Canary { breaks, file: "src/atomics/order.rs", piece, broken, memory: "heap", report: RACE }
}

/// Accesses past an end, which only memory from the heap has: a ring on it, and the buffer that a message is popped
/// into. And memory that is used after it was given back.
pub const OF_ASAN: &[Canary] = &[
    Canary {
        breaks: "I2: an index may be twice as large",
        file: "src/protocol/position.rs",
        piece: "(position.get() & self.mask) as usize",
        broken: "(position.get() & (2 * self.mask + 1)) as usize",
        memory: "heap",
        report: OVERFLOW,
    },
    Canary {
        breaks: "I2: a buffer is made too small for the message popped into it",
        file: "src/atomics/std.rs",
        piece: "buffer.reserve_exact(len);",
        broken: "buffer.reserve_exact(len / 2);",
        memory: "file",
        report: OVERFLOW,
    },
    Canary {
        breaks: "I4: nothing keeps the ring's bytes alive",
        file: "src/atomics/std.rs",
        piece: "_owner: Arc::new(words)",
        broken: "_owner: { drop(words); Arc::new(()) }",
        memory: "heap",
        report: "ERROR: AddressSanitizer: heap-use-after-free",
    },
];

#[test]
fn what_a_canary_breaks_stands_in_its_file_once() {
    for Canary { file, piece, broken, .. } in OF_TSAN.iter().chain(OF_ASAN) {
        let text = crate::shell::read(crate::root().join(file)).unwrap();
        assert!(crate::shell::once(&text, piece).is_ok() && piece != broken, "{file}: {piece}");
    }
}
