//! Keeps a forked child from having anything of its parent's rings (I16).
//!
//! **Why.** A child gets copies of all descriptors and, without `MADV_DONTFORK`, of all shared mappings. It would keep
//! its parent's locks, so that the parent's peer would not learn of the parent's death. And a call on an inherited
//! handle would change the parent's ring.
//!
//! **How.** Each descriptor and each mapping of a side has a [`Note`]; a view's have none. When libc's `fork` returns
//! in the child, a handler replaces what the notes name. A descriptor becomes one of `/dev/null`, a mapping private
//! memory in which no side can go on. A call on an inherited handle then fails, and reaches nobody.
//!
//! **The gate.** Another thread may fork at any moment. So a descriptor and its note come together, and go together,
//! inside the [`Gate`]: a fork waits until no thread is inside. A side takes its lock and maps its ring inside the
//! gate, too, so a child never gets a part of either. Threads that open rings do not wait for each other.
//!
//! **The gate is no new way to hang.**
//!
//! - Inside it there are system calls and stores alone. Nothing is allocated there, and no code of the user's runs: a
//!   thread that waits to fork may hold the locks of the allocator or of the user. Room for notes, C strings and texts
//!   of errors are made before or after.
//! - The handlers are registered when the program is loaded. So `before` runs after the user's own handlers, and
//!   `in_the_child` runs before them: a user's handler may drop a ring. Handlers that were registered still earlier see
//!   the child before `in_the_child` does. Their own mappings and files stay as they are.
//! - A signal handler may fork, so none but a fault's runs inside: other signals wait until their thread is outside
//!   ([`Blocked`]). A handler that forks later returns in the child, too. There the thread goes on where it was
//!   interrupted, and learns of the fork from its descriptor ([`Descriptor::is_forked`]).
//! - Every wait ends: after some seconds a thread enters, and a fork goes on, regardless.
//!
//! **Forks without handlers.** After `_Fork` or a bare `clone` the handlers never run. The kernel wipes one page in
//! every child (`MADV_WIPEONFORK`), and a child knows by it. Slow paths and drops look at that page first, and replace
//! what was inherited before they use it. A child of `vfork` shares the page, and `posix_spawn` runs no code of ours:
//! such a child keeps its copies until it runs another program or ends (T3).
//!
//! `gate.rs` has the gate itself, and the two data structures that a fork can read at any time.

mod gate;

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use std::fs::File;
use std::io;
use std::os::unix::io::AsRawFd;
use std::ptr::NonNull;
use std::sync::Once;

use super::platform;
use super::signals::Blocked;
use super::unix::{pause, this_thread, Identity};
use gate::{Entry, Pool};

static GATE: gate::Gate = gate::Gate::new();
static NOTES: Pool<Noted> = Pool::new();
static MARK: gate::ForkMark = gate::ForkMark::new();

/// The subject of a note: a part of a ring that a child must not have.
#[derive(Clone, Copy)]
enum Inherited {
    Nothing,
    /// A descriptor, and the file that it is open for, if the system tells.
    Descriptor(libc::c_int, Option<Identity>),
    Memory(Memory),
}

#[derive(Clone, Copy)]
struct Memory {
    start: usize,
    len: usize,
    /// The value that each byte has in the child.
    filler: u8,
    /// Whether a child has nothing there. Otherwise it has inherited the mapping.
    is_a_hole: bool,
}

/// The state of a note's descriptor or memory in this process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Possession {
    Own,
    /// This is a child, and something harmless stands in its place.
    Replaced,
    /// This is a child, and its place could not be taken. Whatever stands there is the child's own.
    Lost,
}

struct Noted {
    what: Cell<Inherited>,
    possession: Cell<Possession>,
}

// SAFETY: I16 (the holder of the note changes it, inside the gate; a child reads and changes it while it has one
// thread).
unsafe impl Sync for Noted {}

/// A thread's stay inside the gate. Its drop ends the stay, and then unblocks the thread's signals.
pub(crate) struct Gate {
    /// `None` if this thread was inside already, or is forking.
    place: Option<gate::Place>,
    _signals: Blocked,
    not_send: PhantomData<*const ()>,
}

impl Gate {
    /// Enters the gate, after the forks that are going on.
    pub(crate) fn enter() -> Self {
        register();
        let signals = Blocked::handled();
        notice_a_fork();
        let place = GATE.enter(this_thread(), pause);
        Self { place, _signals: signals, not_send: PhantomData }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            GATE.leave(place);
        }
    }
}

/// A note of a part of a ring. Drop it before what it is about.
pub(crate) struct Note(&'static Entry<Noted>);

impl Note {
    /// Makes room for a note, outside the gate.
    pub(crate) fn room() -> Self {
        let note =
            Self(NOTES.take(|| Noted { what: Cell::new(Inherited::Nothing), possession: Cell::new(Possession::Own) }));
        note.0.value.possession.set(Possession::Own);
        note
    }

    /// Notes the descriptor of `file`.
    fn descriptor(&self, inside: &Gate, file: &File) {
        let descriptor = file.as_raw_fd();
        self.set(inside, Inherited::Descriptor(descriptor, Identity::of_open(descriptor).ok()));
    }

    /// Notes the `len` bytes mapped at `start`: whole pages, except perhaps the last. In a child each byte has the
    /// value `filler`.
    pub(crate) fn memory(&self, inside: &Gate, start: NonNull<u8>, len: usize, filler: u8) {
        let is_a_hole = platform::do_not_inherit(start, len);
        self.set(inside, Inherited::Memory(Memory { start: start.as_ptr() as usize, len, filler, is_a_hole }));
    }

    fn set(&self, _inside: &Gate, what: Inherited) {
        self.0.value.what.set(what);
    }

    /// Whether this process is a child in which the note's part could not be replaced. Whatever stands there now is the
    /// child's own.
    pub(crate) fn is_lost(&self) -> bool {
        self.possession() == Possession::Lost
    }

    /// Returns what stands where the note's part stood.
    fn possession(&self) -> Possession {
        notice_a_fork();
        self.0.value.possession.get()
    }
}

impl Note {
    /// Clears the note. From here on a child keeps what it named.
    pub(crate) fn take_back(&self) {
        if !matches!(self.0.value.what.get(), Inherited::Nothing) {
            self.set(&Gate::enter(), Inherited::Nothing);
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.take_back();
        self.0.give_back();
    }
}

/// Returns the error of a call during which a signal handler forked, in the child.
pub(crate) fn forked() -> io::Error {
    io::Error::new(io::ErrorKind::Other, "this process was forked meanwhile; use a ring of your own here")
}

/// An open file, with a note unless children may keep it.
pub(crate) struct Descriptor {
    file: ManuallyDrop<File>,
    /// `None` if children may keep it.
    note: Option<Note>,
}

impl Descriptor {
    /// Opens a file and notes its descriptor. `open` makes a system call and nothing else.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> io::Result<Self> {
        let note = Note::room();
        let gate = Gate::enter();
        let opened = open();
        if let Ok(file) = &opened {
            note.descriptor(&gate, file);
        }
        drop(gate);
        let opened = Self { file: ManuallyDrop::new(opened?), note: Some(note) };
        if opened.is_forked() {
            return Err(forked());
        }
        Ok(opened)
    }

    /// Wraps a file without a note, for a view: it has no lock, and its children may go on with it.
    pub(crate) fn for_children_too(file: File) -> Self {
        Self { file: ManuallyDrop::new(file), note: None }
    }

    /// Whether this process was forked from the one that opened the file.
    pub(crate) fn is_forked(&self) -> bool {
        self.note.as_ref().is_some_and(|note| note.possession() != Possession::Own)
    }
}

impl Deref for Descriptor {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for Descriptor {
    /// Closes the descriptor and clears its note, both inside the gate. A note that stayed would make a child replace
    /// another file of the same number.
    fn drop(&mut self) {
        let Some(note) = &self.note else {
            // SAFETY: nobody uses it after this.
            return unsafe { ManuallyDrop::drop(&mut self.file) };
        };
        let gate = Gate::enter();
        note.set(&gate, Inherited::Nothing);
        if note.possession() != Possession::Lost {
            // SAFETY: as above. In a child this closes what replaced the parent's file.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
    }
}

/// Registers the handlers, once, and sets the mark.
fn register() {
    static HANDLERS: Once = Once::new();
    HANDLERS.call_once(|| {
        if let Some(page) = platform::page_that_children_find_wiped() {
            // SAFETY: I16 (it is never unmapped).
            unsafe { MARK.set_at(page.as_ptr()) };
        }
        // SAFETY: three functions that live for ever. The call fails only for want of memory; then a child inherits
        // what it should not.
        unsafe { libc::pthread_atfork(Some(before), Some(in_the_parent), Some(in_the_child)) };
    });
}

/// Replaces what was inherited, in a child whose handlers have not run yet or never will. Called before anything of it
/// is used.
fn notice_a_fork() {
    if MARK.is_gone() == Some(true) {
        replace_what_was_inherited();
        GATE.reset_in_child();
    }
}

/// Registers the handlers when the program is loaded, before any code of the user's runs. Under Miri nothing does: it
/// knows no `pthread_atfork`, and no forks.
#[used]
#[cfg_attr(all(target_os = "linux", not(miri)), link_section = ".init_array")]
#[cfg_attr(target_os = "macos", link_section = "__DATA,__mod_init_func")]
static WHEN_LOADED: extern "C" fn() = when_loaded;

extern "C" fn when_loaded() {
    register();
}

extern "C" fn before() {
    GATE.may_fork(this_thread(), pause);
}

extern "C" fn in_the_parent() {
    GATE.has_forked(this_thread());
}

extern "C" fn in_the_child() {
    // If an earlier handler has used a ring, this is done already. Files opened since then are the child's own.
    if MARK.is_gone() != Some(false) {
        replace_what_was_inherited();
    }
    GATE.reset_in_child();
}

/// Makes system calls alone, and allocates nothing: the child has only one of its parent's threads.
fn replace_what_was_inherited() {
    MARK.renew();
    for Entry { value: noted, .. } in NOTES.entries() {
        let what = noted.what.replace(Inherited::Nothing);
        if !matches!(what, Inherited::Nothing) {
            noted.possession.set(what.stand_in());
        }
    }
}

impl Inherited {
    /// Puts something harmless in its place, unless the child has something of its own there by now. Returns what
    /// stands there.
    fn stand_in(self) -> Possession {
        let is_replaced = match self {
            Inherited::Nothing => true,
            Inherited::Descriptor(descriptor, file) => {
                // The child may have closed it, and opened another file that got this number.
                let is_still = |file| Identity::of_open(descriptor).is_ok_and(|found| found == file);
                file.map_or(true, is_still) && replace_descriptor(descriptor)
            }
            Inherited::Memory(memory) => memory.replace(),
        };
        if is_replaced {
            Possession::Replaced
        } else {
            Possession::Lost
        }
    }
}

/// Puts `/dev/null` in the place of a descriptor, or a socket where `/dev/null` cannot be opened.
fn replace_descriptor(descriptor: libc::c_int) -> bool {
    // Closed first: the parent may have used up its limit of descriptors.
    // SAFETY: its owner does not notice: another file gets this number below.
    unsafe { libc::close(descriptor) };
    // SAFETY: a C string.
    let mut other = unsafe { libc::open(b"/dev/null\0".as_ptr().cast(), libc::O_RDWR | libc::O_CLOEXEC) };
    if other == -1 {
        // SAFETY: plain numbers.
        other = unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) };
    }
    if other == -1 {
        return false;
    }
    if other != descriptor {
        // SAFETY: plain numbers.
        unsafe { libc::dup2(other, descriptor) };
        // SAFETY: it was opened above, for nobody else.
        unsafe { libc::close(other) };
    }
    // SAFETY: plain numbers. It fails if the descriptor is not open.
    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) == 0 }
}

impl Memory {
    /// Puts private memory in the place of a mapping. If the child may not have that much memory, the place is only
    /// reserved: nothing can be read or written there, and no call gets so far. Nothing else can be mapped there
    /// either, which a drop would then unmap.
    fn replace(self) -> bool {
        match self.map(libc::PROT_READ | libc::PROT_WRITE) {
            Some(place) if self.filler != 0 => {
                // SAFETY: mapped just now, for writing.
                unsafe { libc::memset(place, libc::c_int::from(self.filler), self.len) };
                true
            }
            Some(_) => true,
            None => self.map(libc::PROT_NONE).is_some(),
        }
    }

    /// Maps private memory there. Returns `None` if there is none, or if the child has mapped something of its own
    /// there, which stays as it is.
    fn map(self, protection: libc::c_int) -> Option<*mut libc::c_void> {
        let start = self.start as *mut libc::c_void;
        // Without MAP_FIXED the kernel takes the place if it is free, and else another one.
        let place = if self.is_a_hole { 0 } else { libc::MAP_FIXED };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | place;
        // SAFETY: I4 (a place that is free, or that of an inherited mapping, which is not used in the child).
        let mapped = unsafe { libc::mmap(start, self.len, protection, flags, -1, 0) };
        if mapped == libc::MAP_FAILED {
            return None;
        }
        if mapped != start {
            // SAFETY: mapped just now, and not used.
            unsafe { libc::munmap(mapped, self.len) };
            return None;
        }
        Some(mapped)
    }
}
