//! The layout of a ring's file as constants, for tools, tests and programs in other languages.
//!
//! The specification, `docs/layout.md`, gives the meaning of each word, and says who may store it when. `tests/vectors`
//! has example files, byte for byte. This is ABI 2; it is frozen.
//!
//! ```text
//!    0               identity and the writer's words    a page
//!    page size       the reader's words                 a page
//!    2 * page size   records                            `capacity` bytes
//! ```
//!
//! Numbers in the file are little-endian. Bytes that are not described here are zero.
//!
//! ```
//! use ipc_ring::layout;
//!
//! // The bytes that 1,000 messages of 100 bytes take in a ring.
//! assert_eq!(1000 * layout::record_size(100), 112_000);
//! ```

/// The first bytes of a ring's file.
pub const MAGIC: [u8; 8] = *b"ipc_ring";
/// The version of the layout and of the protocol.
pub const ABI: u64 = 2;

/// The smallest capacity, in bytes. A capacity is a power of two.
pub const MIN_CAPACITY: usize = 64;
/// The largest capacity, in bytes. It is below 2^32 because a futex compares only 32 bits of a cursor.
pub const MAX_CAPACITY: usize = 1 << 31;

/// The alignment of payloads and of records, in bytes, in the file and in memory.
///
/// An alignment of 16 would cost up to 8 more bytes for each message. Data that needs more than 8, such as SIMD types,
/// must be copied out before it is used.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// writer.push(&[0; 20], None)?;
/// let message = reader.peek(None)?;
/// // SAFETY: the writer is in this program, and pushes nothing meanwhile.
/// let place = unsafe { message.as_slice() }.as_ptr() as usize;
/// assert_eq!(place % ipc_ring::layout::PAYLOAD_ALIGN, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const PAYLOAD_ALIGN: usize = 8;
/// The bytes of a record's header, which precedes each message. Header and message together are rounded up to a
/// multiple of [`PAYLOAD_ALIGN`].
pub const OVERHEAD: usize = 8;
/// The bytes of the end of a stream, a record without a payload. A writer always keeps room for one.
pub const END_SIZE: usize = OVERHEAD;

/// Returns the bytes that a message of `len` bytes takes in the ring.
///
/// ```
/// use ipc_ring::layout::record_size;
///
/// assert_eq!([0, 1, 8, 9].map(record_size), [8, 16, 16, 24]);
/// ```
pub const fn record_size(len: usize) -> usize {
    len.saturating_add(OVERHEAD + PAYLOAD_ALIGN - 1) & !(PAYLOAD_ALIGN - 1)
}

/// Returns the length of the longest message in a ring of `capacity` bytes.
///
/// The header of its record and the end of a stream must fit beside it.
///
/// ```
/// assert_eq!(ipc_ring::layout::max_message_len(4096), 4080);
/// ```
pub const fn max_message_len(capacity: usize) -> usize {
    capacity.saturating_sub(OVERHEAD + END_SIZE)
}

/// The kinds of records. A header has the payload's length in its low half and the kind in its high half; no kind is 0.
pub mod kind {
    /// A message.
    pub const DATA: u32 = 1;
    /// Padding: it fills the rest of a lap and holds no message.
    pub const PADDING: u32 = 2;
    /// The end of a stream; its length is 0.
    pub const END: u32 = 3;
}

/// The offsets of the identity's fields, in bytes from the beginning of the file.
pub mod identity {
    /// [`MAGIC`](super::MAGIC).
    pub const MAGIC: usize = 0;
    /// [`ABI`](super::ABI); a `u64`.
    pub const ABI: usize = 8;
    /// The capacity in bytes; a `u64`.
    pub const CAPACITY: usize = 16;
    /// The size of a page in bytes, 4 KiB to 64 KiB; a `u64`.
    pub const PAGE_SIZE: usize = 24;
    /// The fence mode, 0 for symmetric and 1 for asymmetric; a `u64`.
    pub const FENCES: usize = 32;
    /// The ring's id, 16 random bytes.
    pub const ID: usize = 48;
    /// The id of the boot in which the ring was created, 16 bytes; zeroes if unknown.
    pub const BOOT: usize = 64;
    /// The owner's tag, 32 bytes; zeroes if there is none.
    pub const OWNER_TAG: usize = 96;
    /// The size of the identity, with the reserved bytes between the fields.
    pub const SIZE: usize = 128;
}

/// The offsets of a side's words, in bytes from the beginning of its page. Each word is a `u64`.
pub mod word {
    /// The number of holders that this side has had; 0 if nobody has come yet.
    pub const EPOCH: usize = 128;
    /// The cursor: this side's position, and [`CLOSED`] when it has left.
    pub const CURSOR: usize = 256;
    /// The peer's position at which this side wants to be woken, and [`CLOSED`] when it has left.
    pub const WAKE_AT: usize = 384;
    /// The first [`figure`](super::figure).
    pub const FIGURES: usize = 512;
    /// The bit in a cursor and in a `wake_at` that says that the side has left.
    pub const CLOSED: u64 = 1;
}

/// The numbers of a side's figures: words for onlookers, stored in a row.
pub mod figure {
    /// How often this side was about to sleep.
    pub const SLEEPS: usize = 0;
    /// How often this side woke its peer.
    pub const WAKES: usize = 1;
    /// The longest wait of one call, in nanoseconds.
    pub const LONGEST_WAIT: usize = 2;
    /// When the call began that first slept for [`WAITS_FOR`], in nanoseconds of the monotonic clock. 0: its holder has
    /// not slept since it attached.
    pub const WAITS_SINCE: usize = 3;
    /// The target of that sleep: a position of the peer.
    pub const WAITS_FOR: usize = 4;
    /// How many notes the writer made. The newest is the first of the two if this number is even, the second if odd.
    pub const NOTES: usize = 5;
    /// The two notes, each a position and the number of messages written up to it.
    pub const NOTE: usize = 6;
    /// How many messages the writers gave up.
    pub const DROPPED: usize = 10;
    /// How many messages the writers pushed again.
    pub const REPEATED: usize = 11;
    /// The number of figures.
    pub const COUNT: usize = 12;
}

/// The byte that each side locks with `fcntl` while it lives. The lock belongs to the open file description. A process
/// that removes the ring locks both.
pub mod lock {
    /// The writer's byte.
    pub const WRITER: u64 = 0;
    /// The reader's byte.
    pub const READER: u64 = 1;
}
