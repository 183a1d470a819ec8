//! What a forked child has of its parent's rings: nothing (I16).
//!
//! A child has copies of all descriptors and, without `MADV_DONTFORK`, of all shared mappings. So it would keep its
//! parent's locks, and its parent's peer would not learn that the parent died; and what it does with a handle that it
//! inherited would be done to the parent's ring. Therefore each descriptor and each mapping of a ring has a **note**.
//! When libc's `fork` returns in the child, each descriptor that has a note is one of `/dev/null`, and each mapping is
//! private memory in which no side can go on. A call on an inherited handle fails, and reaches nobody.
//!
//! Another thread may fork at any moment. So a descriptor and its note come together, and go together, **inside the
//! gate** ([`Gate`]): a fork waits until no thread is inside. The lock of a side and the mappings of its ring come
//! inside the gate as well: a child never has a part of them. Threads that open rings do not wait for each other.
//!
//! The gate is no new way to hang:
//! - Inside it are system calls and stores. Nothing allocates there, and no code of the user's is called: whoever
//!   forks may have taken the allocator's or the user's locks before it waits for the gate. Room for notes, C strings
//!   and texts of errors are made before or after.
//! - The handlers are registered when the program is loaded. So `before` runs after the handlers that the user
//!   registered, and `in_the_child` before theirs: a user's handler may drop a ring.
//! - A signal handler may fork, and no handler runs inside: the signal waits until its thread is outside
//!   ([`Blocked`]). The thread goes on in the child too, and is told so by its descriptor
//!   ([`Descriptor::is_forked`]).
//! - No wait is without an end: a thread that enters goes in after some seconds, and so does a fork go on.
//!
//! A page that the kernel wipes in every child (`MADV_WIPEONFORK`) tells a child that its handlers have not run, or
//! never will, as after `_Fork` or a bare `clone`: then what it inherited is replaced before a slow path or a drop
//! uses it. A `vfork` shares the page, and `posix_spawn` runs no code of ours: such a child keeps its copies until it
//! runs another program or ends (T3).

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
use super::unix::{pause, this_thread};
use gate::{Entry, Pool};

static GATE: gate::Gate = gate::Gate::new();
static NOTES: Pool<Noted> = Pool::new();
static MARK: gate::ForkMark = gate::ForkMark::new();

/// What a child must not have.
#[derive(Clone, Copy)]
enum Inherited {
    Nothing,
    Descriptor(libc::c_int),
    /// This many bytes from this address on. In the child each of them has this value.
    Memory(usize, usize, u8),
}

/// How a process has what a note is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Possession {
    Own,
    /// It is a child, and something harmless stands in its place.
    Replaced,
    /// It is a child, and has nothing in its place.
    Lost,
}

struct Noted {
    what: Cell<Inherited>,
    possession: Cell<Possession>,
}

// SAFETY: I16 (who has the note changes it, inside the gate; a child reads and changes it while it has one thread).
unsafe impl Sync for Noted {}

/// This thread's stay inside the gate. It ends when this is dropped, and with it what blocks the thread's signals.
pub(crate) struct Gate {
    /// None where this thread was inside already, or is forking.
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

/// A note of a part of a ring. It is to be dropped first, then what it is about.
pub(crate) struct Note(&'static Entry<Noted>);

impl Note {
    /// Makes room for a note, outside the gate.
    pub(crate) fn room() -> Self {
        let note =
            Self(NOTES.take(|| Noted { what: Cell::new(Inherited::Nothing), possession: Cell::new(Possession::Own) }));
        note.0.value.possession.set(Possession::Own);
        note
    }

    /// Notes a descriptor.
    fn descriptor(&self, inside: &Gate, descriptor: libc::c_int) {
        self.set(inside, Inherited::Descriptor(descriptor));
    }

    /// Notes the `len` mapped bytes at `start`, whole pages apart from the last. In a child they have the value
    /// `filler`.
    pub(crate) fn memory(&self, inside: &Gate, start: NonNull<u8>, len: usize, filler: u8) {
        platform::do_not_inherit(start, len);
        self.set(inside, Inherited::Memory(start.as_ptr() as usize, len, filler));
    }

    fn set(&self, _inside: &Gate, what: Inherited) {
        self.0.value.what.set(what);
    }

    /// Whether this process is a child that has nothing in the place of what the note is about: what stands there now
    /// is another's.
    pub(crate) fn is_of_nothing(&self) -> bool {
        self.possession() == Possession::Lost
    }

    /// How this process has what the note is about.
    fn possession(&self) -> Possession {
        self.0.value.possession.get()
    }
}

impl Note {
    /// Says nothing from here on.
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

/// The error of a call during which a signal handler forked, in the child.
pub(crate) fn forked() -> io::Error {
    io::Error::new(io::ErrorKind::Other, "this process was forked meanwhile: use a ring of your own here")
}

/// An open file that no child keeps.
pub(crate) struct Descriptor {
    file: ManuallyDrop<File>,
    /// None where children may keep it.
    note: Option<Note>,
}

impl Descriptor {
    /// Opens a file and notes its descriptor. `open` makes a system call and nothing else.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> io::Result<Self> {
        let note = Note::room();
        let gate = Gate::enter();
        let opened = open();
        if let Ok(file) = &opened {
            note.descriptor(&gate, file.as_raw_fd());
        }
        drop(gate);
        let opened = Self { file: ManuallyDrop::new(opened?), note: Some(note) };
        if opened.is_forked() {
            return Err(forked());
        }
        Ok(opened)
    }

    /// A file without a note: an onlooker's, who has no lock, and whose children may go on.
    pub(crate) fn for_children_too(file: File) -> Self {
        Self { file: ManuallyDrop::new(file), note: None }
    }

    /// Whether this process was forked from the one that opened the file.
    pub(crate) fn is_forked(&self) -> bool {
        notice_a_fork();
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
    /// Closes the descriptor inside the gate, and its note goes with it: a note that stays would have a child replace
    /// another file of that number.
    fn drop(&mut self) {
        let Some(note) = &self.note else {
            // SAFETY: nobody uses it after this.
            return unsafe { ManuallyDrop::drop(&mut self.file) };
        };
        let gate = Gate::enter();
        note.set(&gate, Inherited::Nothing);
        if note.possession() != Possession::Lost {
            // SAFETY: as above. In a child it closes what stands in the place of the parent's.
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
        // SAFETY: three functions that live for ever. It fails for want of memory alone, and then a child inherits what
        // it should not.
        unsafe { libc::pthread_atfork(Some(before), Some(in_the_parent), Some(in_the_child)) };
    });
}

/// Sees to what was inherited, in a child whose handlers have not run yet, or never will: before anything of it is
/// used.
fn notice_a_fork() {
    if MARK.is_gone() == Some(true) {
        replace_what_was_inherited();
    }
}

/// Has them registered when the program is loaded, before any code of the user's runs.
#[used]
#[cfg_attr(target_os = "linux", link_section = ".init_array")]
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
    // Where a handler that ran before has used a ring, it is done. What came since is the child's own.
    if MARK.is_gone() != Some(false) {
        replace_what_was_inherited();
    }
    GATE.reset_in_child();
}

/// Makes system calls alone, and allocates nothing: of a parent's threads, the child has one.
fn replace_what_was_inherited() {
    MARK.renew();
    for Entry { value: noted, .. } in NOTES.entries() {
        let what = noted.what.replace(Inherited::Nothing);
        if !matches!(what, Inherited::Nothing) {
            noted.possession.set(what.replace());
        }
    }
}

impl Inherited {
    /// Puts something harmless in its place, and says whether it could.
    fn replace(self) -> Possession {
        let is_replaced = match self {
            Inherited::Nothing => true,
            Inherited::Descriptor(descriptor) => replace_descriptor(descriptor),
            Inherited::Memory(start, len, filler) => replace_memory(start, len, filler),
        };
        if is_replaced {
            Possession::Replaced
        } else {
            Possession::Lost
        }
    }
}

/// Puts `/dev/null` in the place of a descriptor, or where there is none a socket.
fn replace_descriptor(descriptor: libc::c_int) -> bool {
    // Closed first: the parent may have as many descriptors as it is allowed.
    // SAFETY: its owner never learns of it, for it gets another of this number below.
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
    // SAFETY: plain numbers. It fails where the descriptor is none.
    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) == 0 }
}

/// Puts private memory in the place of a mapping. Where the child may not have that much, nothing can be read or
/// written there, and no call comes so far; but nothing else can be mapped there, which a drop would unmap.
fn replace_memory(start: usize, len: usize, filler: u8) -> bool {
    let map = |protection| {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
        // SAFETY: I4 (the place of a mapping that its owner keeps, which has no other use in the child).
        unsafe { libc::mmap(start as *mut libc::c_void, len, protection, flags, -1, 0) }
    };
    let place = map(libc::PROT_READ | libc::PROT_WRITE);
    if place == libc::MAP_FAILED {
        return map(libc::PROT_NONE) != libc::MAP_FAILED;
    }
    if filler != 0 {
        // SAFETY: mapped just now, for writing.
        unsafe { libc::memset(place, libc::c_int::from(filler), len) };
    }
    true
}
