//! A file that was taken away from its name, to be looked at before it is removed.

use std::ffi::CString;
use std::io;
use std::os::unix::io::AsRawFd;

use super::fork::forked;
use super::name::{Loss, Name};
use super::platform;

/// What had a name, under a temporary name in the same directory.
pub(crate) struct Aside<'a> {
    from: &'a Name,
    temporary: CString,
}

impl Name {
    /// Removes the file, if it still has this name. Returns how it lost the name, if it has.
    ///
    /// No system call removes a file only if it is a certain one. Another file may take the name after the last look,
    /// and would be removed. So this takes away what has the name, looks at that, and removes it or puts it back. If
    /// the process dies in between, a temporary name stays. If the system refuses to take anything away, the name is
    /// removed after a look.
    pub(crate) fn remove(&self) -> io::Result<Option<Loss>> {
        if let Some(loss) = self.found_at(&self.name)? {
            return Ok(Some(loss));
        }
        match self.take_away() {
            Ok(aside) => aside.remove(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Loss::Removed)),
            Err(_) => self.unlink(&self.name).map(|()| None),
        }
    }

    /// Gives what has the name, whatever it is, a temporary one.
    fn take_away(&self) -> io::Result<Aside<'_>> {
        for number in 0u64.. {
            let temporary = CString::new(super::draft::temporary_name(number, "old"))?;
            match platform::rename_exclusive(self.directory.as_raw_fd(), &self.name, &temporary) {
                Ok(()) => return Ok(Aside { from: self, temporary }),
                // The name is another thread's, or was left by a killed process with the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn unlink(&self, name: &CString) -> io::Result<()> {
        if self.directory.is_forked() {
            return Err(forked());
        }
        // SAFETY: the descriptor is open as long as `self`, and a C string.
        match unsafe { libc::unlinkat(self.directory.as_raw_fd(), name.as_ptr(), 0) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Aside<'_> {
    /// Removes it if it is the file that the name was known for. If not, or if that fails, puts it back.
    fn remove(self) -> io::Result<Option<Loss>> {
        let removed = match self.from.found_at(&self.temporary) {
            Ok(None) => self.from.unlink(&self.temporary).map(|()| None),
            other => other,
        };
        if !matches!(removed, Ok(None)) {
            self.put_back()?;
        }
        removed
    }

    /// Puts it back. If something has come to have the name meanwhile, it stays where it is, and the error says where.
    fn put_back(self) -> io::Result<()> {
        let Self { from, temporary } = self;
        platform::rename_exclusive(from.directory.as_raw_fd(), &temporary, &from.name).map_err(|error| {
            let text =
                format!("what was there is now called {}, and cannot get its name back", temporary.to_string_lossy());
            io::Error::new(error.kind(), format!("{text}: {error}"))
        })
    }
}
