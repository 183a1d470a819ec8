//! The layout of a ring's file in numbers, for tools and tests, and for readers in other languages.
//!
//! What each word means, and who may store it when, is the specification: `docs/layout.md`. `tests/vectors` has files
//! that keep to it, byte for byte. This is ABI 2; it is frozen.
//!
//! ```text
//!    0               identity and the writer's words    a page
//!    page size       the reader's words                 a page
//!    2 * page size   records                            `capacity` bytes
//! ```
//!
//! A file's numbers are little-endian. What has no meaning here is zero.
//!
//! ```
//! use ipc_ring::layout;
//!
//! // How much of a ring 1,000 messages of 100 bytes take.
//! assert_eq!(1000 * layout::record_size(100), 112_000);
//! ```

/// The first bytes of a ring's file.
pub const MAGIC: [u8; 8] = *b"ipc_ring";
/// The version of the layout and of the protocol.
pub const ABI: u64 = 2;

/// The smallest capacity in bytes. A capacity is a power of two.
pub const MIN_CAPACITY: usize = 64;
/// The largest capacity in bytes: well under 2^32, which is what the kernel compares of a word that is slept on.
pub const MAX_CAPACITY: usize = 1 << 31;

/// Payloads stand at multiples of this many bytes, in the file and in memory, and so do records.
///
/// Not at multiples of 16: a record would then begin 8 bytes before one, and each message of up to 8 bytes would take
/// 32 bytes in place of 16. What needs more than 8, as SIMD types do, is copied out before it is used.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// writer.push(&[0; 20], None)?;
/// let message = reader.peek(None)?;
/// // SAFETY: the writer is this very program, and pushes nothing meanwhile.
/// let place = unsafe { message.as_slice() }.as_ptr() as usize;
/// assert_eq!(place % ipc_ring::layout::PAYLOAD_ALIGN, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const PAYLOAD_ALIGN: usize = 8;
/// The bytes that a message takes beside its own: the header of its record. The sum is rounded up to
/// [`PAYLOAD_ALIGN`].
pub const OVERHEAD: usize = 8;
/// The bytes that the end of a stream takes: a record without a payload. A writer keeps room for one.
pub const END_SIZE: usize = OVERHEAD;

/// The bytes that a message of `len` bytes takes in the ring.
///
/// ```
/// use ipc_ring::layout::record_size;
///
/// assert_eq!([0, 1, 8, 9].map(record_size), [8, 16, 16, 24]);
/// ```
pub const fn record_size(len: usize) -> usize {
    len.saturating_add(OVERHEAD + PAYLOAD_ALIGN - 1) & !(PAYLOAD_ALIGN - 1)
}

/// The most bytes of a message in a ring of `capacity` bytes: all of it, less its header and the end of the stream.
///
/// ```
/// assert_eq!(ipc_ring::layout::max_message_len(4096), 4080);
/// ```
pub const fn max_message_len(capacity: usize) -> usize {
    capacity.saturating_sub(OVERHEAD + END_SIZE)
}

/// The low half of a record's header is the payload's length, the high half its kind. No kind is 0.
pub mod kind {
    /// A message.
    pub const DATA: u32 = 1;
    /// Nothing: the rest of a lap.
    pub const PADDING: u32 = 2;
    /// The end of a stream; its length is 0.
    pub const END: u32 = 3;
}

/// Where the fields of a ring's identity stand, in bytes from the beginning of the file.
pub mod identity {
    /// [`MAGIC`](super::MAGIC).
    pub const MAGIC: usize = 0;
    /// [`ABI`](super::ABI), a `u64`.
    pub const ABI: usize = 8;
    /// The capacity in bytes, a `u64`.
    pub const CAPACITY: usize = 16;
    /// The size of a page in bytes, a `u64`: 4 KiB to 64 KiB.
    pub const PAGE_SIZE: usize = 24;
    /// 0: symmetric fences, 1: asymmetric ones; a `u64`.
    pub const FENCES: usize = 32;
    /// The ring's id: 16 random bytes.
    pub const ID: usize = 48;
    /// The id of the boot in which the ring was created: 16 bytes; zeroes if it is not known.
    pub const BOOT: usize = 64;
    /// The owner's tag: 32 bytes; zeroes if there is none.
    pub const OWNER_TAG: usize = 96;
    /// The bytes of all of these, and of those between them that have no meaning.
    pub const SIZE: usize = 128;
}

/// Where the words of a side stand, in bytes from the beginning of its page. Each is a `u64`.
pub mod word {
    /// How many have held this side; 0: nobody has yet.
    pub const EPOCH: usize = 128;
    /// Where this side stands, with [`CLOSED`].
    pub const CURSOR: usize = 256;
    /// The peer's position at which this side wants to be woken, with [`CLOSED`].
    pub const WAKE_AT: usize = 384;
    /// The first of the [`figure`](super::figure)s.
    pub const FIGURES: usize = 512;
    /// The bit of a cursor and of a `wake_at` that says that their side has left.
    pub const CLOSED: u64 = 1;
}

/// The numbers of a side's figures: words for onlookers, one after the other.
pub mod figure {
    /// How often it went to sleep.
    pub const SLEEPS: usize = 0;
    /// How often it woke its peer.
    pub const WAKES: usize = 1;
    /// The longest that a call waited, in nanoseconds.
    pub const LONGEST_WAIT: usize = 2;
    /// When the call began that waits for [`WAITS_FOR`], in nanoseconds of the monotonic clock; 0: none.
    pub const WAITS_SINCE: usize = 3;
    /// The peer's position that this side waits for.
    pub const WAITS_FOR: usize = 4;
    /// How many notes the writer made of its messages. The newest is the one of this number's parity.
    pub const NOTES: usize = 5;
    /// The two notes: a position and the messages up to there, twice.
    pub const NOTE: usize = 6;
    /// The messages that the writers gave up.
    pub const DROPPED: usize = 10;
    /// The messages that the writers pushed again.
    pub const REPEATED: usize = 11;
    /// How many figures there are.
    pub const COUNT: usize = 12;
}

/// The bytes of the file that a side locks while it lives (`fcntl`, a lock of the open file description): the writer
/// the first, the reader the second. Who removes the ring locks both.
pub mod lock {
    /// The writer's.
    pub const WRITER: u64 = 0;
    /// The reader's.
    pub const READER: u64 = 1;
}
