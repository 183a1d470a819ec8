//! # Running it: the operators' page
//!
//! This page is for people who start, confine, watch and upgrade programs that share rings. The [guide](super::guide) says how a
//! ring works, and [reliability](super::reliability) what a fault does to it. The commands here are those of the tool `ring`;
//! `ring help` and `ring man` say more of each.
//!
//! - [In short](#in-short)
//! - [Where a ring is](#where-a-ring-is)
//! - [Supervision](#supervision)
//! - [What removes a ring](#what-removes-a-ring)
//! - [Containers](#containers)
//! - [Memory](#memory)
//! - [Logs and their rotation](#logs-and-their-rotation)
//! - [Two users](#two-users)
//! - [Monitoring](#monitoring)
//! - [Upgrading](#upgrading)
//! - [Confining a process](#confining-a-process)
//!
//! ## In short
//!
//! - A ring is one file, in memory if it is on tmpfs. It outlives its processes, and takes its space until it is removed.
//! - Start either side first, and restart either side at any time. No order of units, and no clean-up before a start.
//! - Nothing at the path is ever overwritten: whoever creates a ring where there is a file is refused.
//! - Besides `rm`, three things remove rings that are in use: `RemoveIPC=` of systemd, a clean-up by age, `RuntimeDirectory=`.
//! - `ring doctor` exits with 3 for a ring that is stuck, orphaned, stale or corrupt, and says what to do. It exits with 0
//!   for a ring that it may not look into (`unknown`): root needs `--any-owner` for rings of other users.
//!
//! ## Where a ring is
//!
//! The path's filesystem has to keep the space that it has allocated for a file. tmpfs does: `/dev/shm` and `/run` are of
//! it on most systems. A ring takes its capacity and two pages of memory, all of it from its creation on. `create` fails
//! with `ENOSPC` where there is less, and no later call can run out of space. A ring of the default 4 MiB:
//!
//! ```sh
//! seq 3 | ring send /dev/shm/placed
//! stat --format %s /dev/shm/placed
//! ring rm /dev/shm/placed
//! ```
//!
//! ```text
//! 4202496
//! ```
//!
//! Give an application a directory of its own, which no user can list or write to but the application's. A ring's directory
//! has to exist: neither the library nor `ring` makes one.
//!
//! | place | who may create | what a restart of the system leaves |
//! | --- | --- | --- |
//! | `/dev/shm` | everybody; only its owner and root may remove a file (sticky bit) | nothing |
//! | a directory in `/run` | its owner | nothing |
//! | a directory on a disk (ext4, XFS) | its owner | the ring, which `AnotherBoot` refuses: see [below](#what-a-restart-finds) |
//!
//! ## Supervision
//!
//! One unit for each side, and one directory for both, which belongs to neither unit. A line of `tmpfiles.d` makes it when
//! the system starts:
//!
//! ```text
//! # /etc/tmpfiles.d/events.conf: no age, so that nothing in it is removed by age
//! d /run/events 0700 events events -
//! ```
//!
//! ```text
//! # /etc/systemd/system/events-archive.service: the receiving side
//! [Unit]
//! Description=Writes the events of the ring to a file
//!
//! [Service]
//! User=events
//! ExecStart=/usr/local/bin/ring recv /run/events/ring --follow
//! StandardOutput=append:/var/log/events/events.log
//! Restart=on-failure
//! RestartPreventExitStatus=2 3
//! SuccessExitStatus=143
//! ```
//!
//! We checked these with `systemd-analyze verify` (systemd 252), and have not run them as a service.
//!
//! - **`Restart=on-failure`** starts a side again after a crash, a kill by the kernel for want of memory, and exit status
//!   4. Where the ring was removed or replaced, the next start waits for a new one (`recv`) or creates it (`send`).
//! - **`RestartPreventExitStatus=2 3`**: a wrong command line, and a ring that is damaged or held by another process, do not
//!   mend themselves.
//! - **`SuccessExitStatus=143`**: `ring` ends by itself at SIGTERM, after what it has in hand, and exits with 128 and the
//!   signal's number. systemd takes that for a failure otherwise.
//! - **No `After=`, no `Requires=`** between the two units. A receiver waits for the ring, a sender fills it.
//! - **A side that is killed and started at once** may find its own lock. The kernel releases it when it has cleared the
//!   process away. `ring` tries for a second; a program gets `Busy`, and tries again.
//! - **A process that is stopped** (SIGSTOP, a debugger, the freezer of cgroups) is alive to its peer, which waits for it.
//! - **`recv --follow`** takes streams as they come. Without it `recv` exits with 0 at the end of a stream, and with 4 where
//!   the sender died after this receiver had a part of its stream. If it had none, `recv` waits.
//! - **After a kill of the receiver** the last line of its output may be cut short, and the next receiver writes after it.
//!   Use `recv --frames` if that matters, or a new file for each start.
//!
//! A sender that is stopped by SIGTERM does not end its stream: the next sender goes on with it.
//!
//! ### What a restart finds
//!
//! | what happened before | what the side finds that starts again |
//! | --- | --- |
//! | The writer was killed. | Every message whose push returned. A message that was being copied is not there. |
//! | The reader was killed. | What it had not released: a batch that was not committed comes again. |
//! | Both were killed, in either order. | The same. |
//! | The ring was removed. | No ring. `ring send` creates one, `ring recv` waits for one. |
//! | A side is still held. | `Busy`, exit status 3: another process has it, and `fuser` names it. |
//! | The system was started again, ring on tmpfs. | No ring. |
//! | The system was started again, ring on a disk. | `AnotherBoot`, exit status 3: a power failure may have mixed old and new pages. `ring rm` gives it up, `--any-boot` takes it as it is. |
//! | The program was upgraded. | The ring, if both know its layout; otherwise `Incompatible`: see [Upgrading](#upgrading). |
//!
//! A side that waits learns of its peer's death at most 50 ms after the kernel has released the peer's lock, and the
//! scheduler's delay. It asks every 50 ms, counted from the beginning of each call. A push that has space and a pop that
//! has a message do not ask.
//!
//! ## What removes a ring
//!
//! A ring that loses its name stays whole for those who have it. Nobody else finds it. A side whose peer lives goes on. A
//! side that waits where no peer lives is told `Removed` or `Replaced` within 60 ms, after all messages. `ring send` and
//! `ring recv` exit with 4.
//!
//! **`RemoveIPC=` of logind**, on by default (logind.conf), removes what a user has in `/dev/shm` when the last session of
//! that user ends. Root and system users are excepted. So a service that runs as an ordinary user loses its rings when
//! somebody logs in as that user and out again. Run services as system users, put rings into `/run`, set `RemoveIPC=no`, or
//! let the user linger (`loginctl enable-linger`), which keeps the user from logging out fully.
//!
//! **`RemoveIPC=` and `DynamicUser=` of a unit** (systemd.exec) do the same when the unit stops. `DynamicUser=` switches
//! `RemoveIPC=` on, and it cannot be switched off: keep such a unit's rings out of `/dev/shm`. What is removed there
//! belongs to the unit's user or to its group: also a ring of another user, if the two share a group.
//!
//! **`RuntimeDirectory=` of a unit** is removed when the unit stops, with what waits in it.
//! `RuntimeDirectoryPreserve=restart` keeps it over a restart, and not over a stop; `=yes` keeps it. A directory for two
//! units is for `tmpfiles.d`.
//!
//! **systemd-tmpfiles and tmpwatch** remove what looks old by its times. The times of a ring tell when a side last came and
//! not when the last message passed: on tmpfs, stores to mapped memory do not change them. So a busy ring looks as old as
//! its last restart. Put rings where nothing is removed by age. On a system that cleans `/dev/shm` or `/run`, a line of
//! `tmpfiles.d` excepts them. (It does not help against an age in a line for `/run/events` itself: change that line.)
//!
//! ```text
//! x /run/events
//! ```
//!
//! **`rm`** removes a ring under its holders. `ring rm` refuses that, and so does `recv --remove`.
//!
//! **Copies, truncation, snapshots.** Nobody may truncate the file of a ring in use: a process that touches what is gone is
//! killed by SIGBUS. A backup that reads it does no harm, and gets nothing that can be used.
//!
//! ## Containers
//!
//! - **`/dev/shm` has 64 MB** in a container of Docker and many others, unless it is set (`--shm-size`). A ring that does
//!   not fit is `ENOSPC` when it is created.
//! - **Two containers have two `/dev/shm`.** For a ring between them share a directory of a tmpfs that is mounted into
//!   both, or the IPC namespace of one of them (`--ipc=shareable`, and `--ipc=container:NAME` for the other).
//! - **The container's own root is an overlay** whose upper directory cannot be looked at from inside, so it is
//!   `UnsuitableFilesystem`. Mount a tmpfs there, or a volume that is on ext4 or XFS.
//! - **PID namespaces do not matter.** A ring holds no PIDs; who lives is told by locks. Only whether a holder is stopped
//!   cannot be seen from another PID namespace, and `ring doctor` calls it slow then.
//! - **User namespaces matter.** A file of a user that the namespace does not map is `Untrusted`, also to the process that
//!   made it. Map one user in both containers, or pass `--any-owner`.
//! - **Time namespaces do not matter** to sides. The time that `ring stat` says a side has waited is of that side's clock.
//! - **LXC and the like give each container a boot id.** Rings that such containers share need `any_boot` (`--any-boot`).
//! - **gVisor, and seccomp profiles without `membarrier`**: see [Confining a process](#confining-a-process).
//!
//! <!-- not run by cli/tests/documents.rs: it needs Docker, and an image with these programs; we have not run it -->
//! ```sh
//! mkdir --mode 0700 /dev/shm/events
//! docker run --mount type=bind,src=/dev/shm/events,dst=/rings sender
//! docker run --mount type=bind,src=/dev/shm/events,dst=/rings receiver
//! ```
//!
//! ## Memory
//!
//! The pages of a ring on tmpfs are shared memory. The kernel charges each page to the memory cgroup of the process that
//! touched it first. That is the creator, for all of it. The charge stays until the ring is removed, after the process and
//! its container have ended, too.
//!
//! - **The limit of the container that creates the ring** needs room for all of it. Where it has less, the kernel kills the
//!   creator while it allocates (`OOMKilled`), and nothing is left at the path. The side that only attaches is charged
//!   nothing for these pages.
//! - **A limit that is met later** kills processes of the cgroup, and each ring stays as after any kill. A restart attaches.
//! - **Pages of tmpfs are swapped out** where there is swap. A push or a pop then waits for the disk. `MemorySwapMax=0` for
//!   the creator's unit prevents that.
//! - **Rings that nobody uses** cost what they cost in use. `ring doctor` says what each takes, and what all take together.
//!
//! ## Logs and their rotation
//!
//! `ring send RING FILE` sends a file from its beginning to its end, and ends the stream there. It does not wait for more,
//! and does not notice a rotation. What grows is sent in one of two ways:
//!
//! - **`tail -F FILE | ring send RING`** follows the file and its rotation, as `tail` does. What `tail` had read and `ring`
//!   had not sent is lost when they are killed. `tail` begins with the last 10 lines (`-n 0`: none, `-n +1`: all), so a
//!   restart repeats or misses lines. If `tail` dies, `ring` takes that for the end of the stream, and exits with 0.
//! - **`ring send RING FILE --resume --complete-lines`**, again and again, sends what the file has more than the last time.
//!   It goes by the number of messages, so it is for one file and one ring. If a file that was truncated or replaced has
//!   fewer lines, or another one in the place of the last, that is exit status 5, and nothing is sent. If it has as many
//!   lines, and the same one there, nobody notices, and its earlier lines are left out. So at a rotation send the rest of
//!   the old file, let the receiver drain the ring, stop it, remove the ring, and begin with the new file.
//!
//! ```sh
//! printf 'one\ntwo\n' > /tmp/application.log
//! ring send /dev/shm/log /tmp/application.log --resume --complete-lines --capacity 64K
//! printf 'three\n' >> /tmp/application.log
//! ring send /dev/shm/log /tmp/application.log --resume --complete-lines
//! printf 'a new file\n' > /tmp/application.log
//! ring send /dev/shm/log /tmp/application.log --resume --complete-lines 2> /tmp/refused || echo "exit status $?"
//! ring recv /dev/shm/log; ring recv /dev/shm/log    # two streams, one for each send
//! ring rm /dev/shm/log
//! ```
//!
//! ```text
//! exit status 5
//! one
//! two
//! three
//! ```
//!
//! **The receiver's output** is whatever file it was given, and `ring recv` never opens it again: SIGHUP ends it. To rotate,
//! stop the receiver, rename the file, start the receiver. Nothing is lost, for messages wait in the ring meanwhile. A
//! receiver that is stopped by SIGTERM releases what it has written. After a kill, the batch that it had in hand may come
//! twice. In `logrotate`: `postrotate` with `systemctl restart events-archive`. With `copytruncate` the output has to be
//! opened for appending (`>>`, `append:`), and lines that come between the copy and the truncation are lost.
//!
//! ## Two users
//!
//! A ring is for its owner alone (mode 0600). Both sides write to the file, so a receiver needs the right to write, too:
//!
//! ```sh
//! seq 3 | ring send /dev/shm/shared --mode 0660 --group "$(id --group)"    # as the user who creates it
//! stat --format %a /dev/shm/shared
//! ring recv /dev/shm/shared --any-owner                                    # as another user of that group
//! ring rm /dev/shm/shared
//! ```
//!
//! ```text
//! 660
//! 1
//! 2
//! 3
//! ```
//!
//! - **The owner decides the group**: the one who creates the ring has to be in it, or to be root. The mode is what is asked
//!   for, whatever the umask.
//! - **With two units**: `d /run/events 2750 sender events -` in `tmpfiles.d`, where `sender` is the user that creates the
//!   ring, and `events` a group of both. The sender runs `ring send /run/events/ring --mode 0660`; the directory gives the
//!   ring its group. The receiver's unit has `SupplementaryGroups=events`, and its command `--any-owner`. The receiver
//!   cannot remove the ring; root does by `ring rm --any-owner`.
//! - **`--any-owner` is trust.** Without it a file that another user owns, that anyone may write to, or that has a second
//!   name is `Untrusted`. A user who may write to the file can damage what is in it, and can kill the other side by
//!   truncating it. Damage is an error, and never unsafe: see faults 22 to 28 of [reliability](super::reliability).
//! - **A user who may only read the file** can look at it, and can lock a side. Then nobody can take that side, and the
//!   death of its last holder is not noticed. Give no rights to read to those who have no part in it.
//! - **In `/dev/shm` the other user cannot remove the ring.** `recv --remove` says so before it receives anything. In a
//!   directory that both may write to, without the sticky bit, either can.
//! - **Where truncation must be impossible**, use sealed memory (`create_sealed`), and pass its descriptor.
//!
//! ## Monitoring
//!
//! `ring doctor`, `ring stat`, `ring top` and `ring peek` only look. They take no lock, and neither side notices them.
//!
//! | question | command |
//! | --- | --- |
//! | Does anything need a person? | `ring doctor`: exit status 3, and what to do about each ring |
//! | Who is there, and what waits? | `ring stat RING --json` |
//! | How fast does it move? | `ring top RING...`; the difference of two `position`s, in bytes |
//! | What is stuck in it? | `ring peek RING --count 1` |
//! | Which processes? | `fuser RING` |
//!
//! `ring doctor` needs attention for what is `stuck`, `orphaned`, `stale` or `corrupt`. A ring with a slow reader is
//! `live`, and so is one whose writer has nothing to send. Watch `used_bytes` for the one, and the writer's `position` for
//! the other. The JSON of `stat` has all figures in bytes, messages or nanoseconds:
//!
//! ```sh
//! seq 3 | ring send /dev/shm/watched
//! ring stat /dev/shm/watched --json > /tmp/watched.json
//! ring doctor /dev/shm/watched --json >> /tmp/watched.json
//! grep --only-matching '"used_bytes":[0-9]*\|"verdict":"[a-z]*"' /tmp/watched.json
//! ring rm /dev/shm/watched
//! ring doctor /dev/shm/watched 2> /dev/null || echo "exit status $?"    # no ring there
//! ```
//!
//! ```text
//! "used_bytes":56
//! "verdict":"idle"
//! exit status 3
//! ```
//!
//! | field | alarm when |
//! | --- | --- |
//! | `state`, `stuck` | `stuck` is not null, or `state` is `corrupt` or `orphaned` |
//! | `used_bytes` of `capacity` | it stays high: the reader is too slow, or the ring too small |
//! | `writer.position`, `reader.position` | it stands still where it should move |
//! | `writer.waiting_ns` | it grows: the writer waits for space |
//! | `writer.dropped` | it grows: `--when-full drop-newest` gives messages up |
//! | `writer.epoch`, `reader.epoch` | it grows fast: a side is restarted again and again |
//! | `this_boot` | it is false: the ring is of another boot |
//!
//! There is no exporter for Prometheus. A few lines make a file for the textfile collector of its node exporter:
//!
//! <!-- not run by cli/tests/documents.rs: it needs jq and a directory of the node exporter -->
//! ```sh
//! set -o pipefail # a ring that cannot be looked at must not leave an empty file
//! ring stat --any-owner /run/events/ring --json | jq --raw-output '
//!   "ring_used_bytes{path=\(.path|tojson)} \(.used_bytes)",
//!   "ring_written_bytes_total{path=\(.path|tojson)} \(.writer.position)",
//!   "ring_read_bytes_total{path=\(.path|tojson)} \(.reader.position)",
//!   "ring_dropped_messages_total{path=\(.path|tojson)} \(.writer.dropped)"
//! ' > /var/lib/node_exporter/ring.prom.new && mv /var/lib/node_exporter/ring.prom.new /var/lib/node_exporter/ring.prom
//! ```
//!
//! Alarm on a missing series, too. A sender that was stopped on purpose looks like one that died: silence the alarm for
//! maintenance.
//!
//! The exit statuses, of every command:
//!
//! | exit status | meaning |
//! | --- | --- |
//! | 0 | done; of `doctor`: no ring that it can look into needs attention |
//! | 1 | the system refused something, or the standard input or output that is needed is closed |
//! | 2 | the command line is wrong, or the ring would be its own input or output |
//! | 3 | the ring cannot be used: it is not there, is not trusted, is damaged, is of another boot or another version, or a living process holds it; of `doctor`: a ring needs attention |
//! | 4 | the sender did not end the stream (it died, was interrupted, or failed), or the ring was removed or replaced |
//! | 5 | the input is no message: a line longer than the ring, a frame cut short; or it is not the one to `--resume` |
//! | 6 | the ring was full for longer than `send` was to wait |
//! | 141 | nobody reads the output any more |
//! | 128 and the number of a signal | ended by that signal: 143 is SIGTERM, 130 Ctrl-C, 129 SIGHUP |
//!
//! ## Upgrading
//!
//! Builds that state the same ABI in a ring work with each other, in either role. Restart the sides one after the other, in
//! any order: nothing is lost. A build that meets a ring of another ABI says `Incompatible`, names both, and changes
//! nothing. Then the ring has to be drained by the old build first: [the layout](super::layout#20-versions-and-upgrades)
//! has the steps. `ring stat` of the old build tells whether anything waits.
//!
//! An upgrade of the kernel or a move to another machine is a restart of the system: rings on tmpfs are gone. Drain them
//! before: stop the writer, and wait until `used_bytes` is 0.
//!
//! ## Confining a process
//!
//! A process that takes sides needs these system calls, on Linux, besides those that any program makes to start, to run
//! threads and to end. `tests/calls.rs` runs each operation under a tracer, on x86-64 with glibc and with musl. It compares
//! what it sees with this table, in both directions: a call without a row fails, and so does a row without a call. The column
//! `perhaps` has calls that are made on other systems, by other C libraries, or where another call was refused.
//!
//! | operation | system calls | perhaps |
//! | --- | --- | --- |
//! | load the program | `madvise MADV_WIPEONFORK` | `mmap MAP_PRIVATE` |
//! | create | `close`, `fallocate`, `fchmod`, `fcntl F_OFD_SETLK`, `fstatfs`, `getrandom`, `linkat`, `madvise MADV_DONTFORK`, `madvise MADV_POPULATE_READ`, `madvise MADV_POPULATE_WRITE`, `membarrier GLOBAL_EXPEDITED`, `membarrier REGISTER_GLOBAL_EXPEDITED`, `mmap MAP_SHARED`, `newfstatat`, `openat`, `pread64`, `prlimit64`, `pwrite64`, `rt_sigaction`, `rt_sigprocmask`, `statx` | `clock_nanosleep`, `munmap`, `read` |
//! | create, huge_pages(true) | `madvise MADV_COLLAPSE`, `madvise MADV_HUGEPAGE`, `mmap MAP_PRIVATE` | |
//! | create, create_group | `fchown` | |
//! | create, where linkat is refused | `getpid`, `munmap`, `renameat2` | `futex FUTEX_WAKE`, `linkat`, `unlinkat` |
//! | create_sealed, open_memory | `close`, `fallocate`, `fcntl F_ADD_SEALS`, `fcntl F_GET_SEALS`, `fcntl F_OFD_SETLK`, `fstatfs`, `getrandom`, `madvise MADV_DONTFORK`, `madvise MADV_POPULATE_READ`, `madvise MADV_POPULATE_WRITE`, `membarrier GLOBAL_EXPEDITED`, `membarrier REGISTER_GLOBAL_EXPEDITED`, `memfd_create`, `mmap MAP_SHARED`, `openat`, `pread64`, `prlimit64`, `pwrite64`, `rt_sigaction`, `rt_sigprocmask`, `statx` | `clock_nanosleep`, `munmap`, `newfstatat`, `read` |
//! | open, attach | `close`, `fcntl F_GETFL`, `fcntl F_OFD_SETLK`, `fcntl F_SETFL`, `fstatfs`, `geteuid`, `madvise MADV_DONTFORK`, `madvise MADV_POPULATE_READ`, `madvise MADV_POPULATE_WRITE`, `membarrier GLOBAL_EXPEDITED`, `membarrier REGISTER_GLOBAL_EXPEDITED`, `mmap MAP_SHARED`, `newfstatat`, `openat`, `pread64`, `rt_sigaction`, `rt_sigprocmask`, `statx` | `clock_nanosleep`, `fcntl F_OFD_GETLK`, `munmap` |
//! | open_wait, before there is a ring | `clock_nanosleep` | |
//! | attach_wait, asleep | `fcntl F_OFD_GETLK`, `futex FUTEX_WAIT` | `futex FUTEX_WAKE`, `munmap`, `newfstatat` |
//! | push, pop, batch, peek, reserve: no wait | |  |
//! | wait awake | `fcntl F_OFD_GETLK`, `sched_yield` | |
//! | wait asleep | `fcntl F_OFD_GETLK`, `futex FUTEX_WAIT`, `membarrier GLOBAL_EXPEDITED` | `clock_nanosleep` |
//! | wait for a successor | `newfstatat` | |
//! | still_named | `newfstatat` | |
//! | wake a peer that sleeps | `futex FUTEX_WAKE` | |
//! | drop, finish, abandon | `close`, `fcntl F_OFD_SETLK`, `futex FUTEX_WAKE`, `munmap`, `rt_sigaction`, `rt_sigprocmask` | `clock_nanosleep` |
//! | RingView::open, snapshot, messages | `close`, `fcntl F_GETFL`, `fcntl F_OFD_GETLK`, `fcntl F_SETFL`, `fstatfs`, `geteuid`, `mmap MAP_SHARED`, `munmap`, `openat`, `pread64`, `statx` | |
//! | RingView::is_stopped, snapshot_since | `close`, `getdents64`, `newfstatat`, `openat`, `read`, `statx` | `fcntl F_OFD_GETLK`, `lseek` |
//! | remove, remove_drained | `close`, `fcntl F_GETFL`, `fcntl F_OFD_GETLK`, `fcntl F_OFD_SETLK`, `fcntl F_SETFL`, `fstatfs`, `getpid`, `geteuid`, `mmap MAP_SHARED`, `munmap`, `newfstatat`, `openat`, `pread64`, `renameat2`, `rt_sigaction`, `rt_sigprocmask`, `statx`, `unlinkat` | `clock_nanosleep` |
//! | fork | `clone`, `close`, `fcntl F_SETFD`, `mmap MAP_PRIVATE`, `newfstatat`, `openat` | `clock_nanosleep`, `dup2`, `madvise MADV_WIPEONFORK`, `rt_sigprocmask`, `set_robust_list`, `set_tid_address`, `socket` |
//! | any | | `brk`, `clock_gettime`, `fcntl F_GETFD`, `fcntl F_SETFD`, `futex FUTEX_WAIT_PRIVATE`, `futex FUTEX_WAKE_PRIVATE`, `madvise MADV_DONTNEED`, `mmap MAP_PRIVATE`, `mprotect`, `mremap`, `munmap` |
//!
//! `push` and `pop` make no system call where neither side waits and nobody has to be woken. The rows say:
//!
//! - `create, huge_pages(true)` and its like: the calls of `create`, and these. The same options add the same calls to
//!   `open` and `attach`.
//! - `create_group_named` asks the C library for the group, which may open files and sockets of its own: give a number.
//! - A deadline reads the clock by the vDSO, which is no system call.
//!
//! The second table has a row for each call. It names others that do the same in its place, and the first kernel that has
//! it (`any`: each from 2.6 on). It says what the call is for, and what happens where it is refused (by `EPERM` or
//! `ENOSYS`). The library as a whole needs Linux 3.15, for its locks.
//!
//! | system call | or | Linux | what for | where it is refused |
//! | --- | --- | --- | --- | --- |
//! | `brk`, `mprotect`, `mremap`, `madvise MADV_DONTNEED` | | any | the C library's memory | the program ends for want of memory, or keeps what it does not need |
//! | `clock_gettime` | | any | deadlines, where the kernel has no vDSO for them | it has to be allowed there |
//! | `clock_nanosleep` | `nanosleep` | any | `open_wait`, a removal that is going on, a fork that is going on | the process yields in place of sleeping, and uses a processor meanwhile |
//! | `clone` | `clone3`, `fork`, `vfork` | any | the program's own fork | the fork fails |
//! | `close` | | any | | |
//! | `dup2` | `dup3` | any | in a child: puts `/dev/null` in the place of the ring's file | the child keeps no descriptor there |
//! | `fallocate` | | 2.6.23; tmpfs 3.5 | the space of the file | zeroes are written in its place |
//! | `fchmod` | | any | the mode of the file | `create` fails |
//! | `fchown` | | any | the group of the file | `create` fails |
//! | `fcntl F_ADD_SEALS`, `fcntl F_GET_SEALS` | | 3.17 | sealed memory | `create_sealed` fails, and `open_memory` says `Untrusted` |
//! | `fcntl F_GETFD` | | any | builds with debug assertions, before each `close` | |
//! | `fcntl F_GETFL`, `fcntl F_SETFL` | | any | who owns the file (`O_NOATIME`) | the call fails, or the file is `Untrusted` |
//! | `fcntl F_OFD_GETLK` | | 3.15 | whether the peer lives | the peer's death is never noticed: a peer counts as living until the system says otherwise |
//! | `fcntl F_OFD_SETLK` | | 3.15 | the lock of a side | no side can be taken |
//! | `fcntl F_SETFD` | | any | in a child, for `/dev/null` in the ring's place; musl, after each `open` | the child takes the handle for lost |
//! | `fstatfs` | | any | the kind of the filesystem | it is taken for a suitable one |
//! | `futex FUTEX_WAIT` | | 2.6.0 | sleep | a side that waits naps a millisecond at a time |
//! | `futex FUTEX_WAIT_PRIVATE`, `futex FUTEX_WAKE_PRIVATE` | `futex FUTEX_WAIT_BITSET_PRIVATE` | 2.6.22 | the C library's and Rust's own locks | as in any program |
//! | `futex FUTEX_WAKE` | | 2.6.0 | waking the peer | the peer looks by itself within 50 ms |
//! | `getdents64` | `getdents` | any | the processes in `/proc` | a process that is stopped is taken for a slow one |
//! | `geteuid` | | any | who owns the file | the file is `Untrusted` |
//! | `getpid` | | any | the temporary name | |
//! | `getrandom` | | 3.17 | the id of a new ring | `/dev/urandom` is read |
//! | `linkat` | `link` | 2.6.16 | the name of a new ring | a temporary name, and `renameat2` |
//! | `lseek` | | any | the directory `/proc` | |
//! | `madvise MADV_COLLAPSE` | | 6.1 | huge pages at once | small pages |
//! | `madvise MADV_DONTFORK` | | 2.6.16 | keeps the ring's memory from children | it is replaced in a child all the same, by handlers of `fork` |
//! | `madvise MADV_HUGEPAGE` | | 2.6.38; tmpfs 4.8 | huge pages | small pages |
//! | `madvise MADV_POPULATE_READ`, `madvise MADV_POPULATE_WRITE` | | 5.14 | makes pages present | the first touch of a page takes longer |
//! | `madvise MADV_WIPEONFORK` | | 4.14 | tells a child that it is one, where no handlers run | only children of `fork` are told |
//! | `membarrier GLOBAL_EXPEDITED`, `membarrier REGISTER_GLOBAL_EXPEDITED` | | 4.16 | the fences of a side that goes to sleep | a new ring has symmetric fences; a side of an asymmetric ring is told `FencesUnavailable`; a side that had it already looks by itself within 50 ms |
//! | `memfd_create` | | 3.17 | sealed memory | `create_sealed` fails |
//! | `mmap MAP_PRIVATE` | | any | huge pages; in a child, what replaces the ring; the C library's memory | small pages; the child takes the handle for lost |
//! | `mmap MAP_SHARED` | | any | the ring's memory | no side can be taken, and nothing looked at |
//! | `munmap` | | any | | the addresses stay taken |
//! | `newfstatat` | `fstat`, `statx` | 2.6.16 | whether the path still names the ring's file | no side can be taken; later a lost name is not noticed |
//! | `openat` | `open` | 2.6.16; `O_PATH` 2.6.39; `O_TMPFILE` 3.11 | the ring, its directory, `/proc` | the call fails; for `O_TMPFILE`, a temporary name is used; where `/proc` cannot be read nothing is refused for that |
//! | `pread64` | | any | the identity of the ring, `/proc` | no ring can be opened |
//! | `prlimit64` | `getrlimit` | 2.6.36 | the limit of file sizes (`RLIMIT_FSIZE`) | a ring beyond the limit may end its creator by SIGXFSZ |
//! | `pwrite64` | | any | the identity of a new ring | `create` fails |
//! | `read` | | any | `/proc`; `/dev/urandom` | a process that is stopped is taken for a slow one |
//! | `renameat2` | | 3.15; tmpfs 3.17; XFS 4.0 | the name of a new ring that has a temporary one; a temporary name for a ring that is removed | `linkat`, then `unlinkat` of the temporary name; a removal removes whatever has the path by then |
//! | `rt_sigaction`, `rt_sigprocmask` | | any | holds signals up while a descriptor or a mapping comes or goes | signals are not held up |
//! | `sched_yield` | | any | lets the peer have the processor | a side that waits awake may keep its peer from it |
//! | `set_robust_list` | | 2.6.17 | the C library, in a child | as in any program |
//! | `set_tid_address` | | any | the C library, in a child | as in any program |
//! | `socket` | | any | in a child that cannot open `/dev/null` | the child keeps no descriptor there |
//! | `statx` | `fstat`, `lstat`, `newfstatat`, `stat` | 4.11 | whose the file is, and how long | Rust's standard library takes `fstat` in its place |
//! | `unlinkat` | `unlink` | 2.6.16 | removes a ring, or a temporary name | `remove` fails; a temporary name stays |
//!
//! The tool `ring` makes these and more, for its input, its output and signals. The test compares names: what happens
//! where a call is refused was read off the code. `ProtectSystem=strict` makes `/run` read-only: set
//! `ReadWritePaths=/run/events`.
//!
//! **seccomp.** `SystemCallFilter=@system-service` allows all of them (compared with `systemd-analyze syscall-filter` of
//! systemd 252). A profile that answers by a signal in place of an errno ends the process. Where one side may not use
//! `membarrier`, create the ring with symmetric fences: `ring send --fences symmetric`, or `FenceMode::Symmetric`.
//!
//! **Landlock.** These are the rights that a process needs below the directory of its rings, on tmpfs. `tests/calls.rs` does
//! each with just these rights, and sees it fail without each of them. It needs no rights elsewhere. Where it may not read
//! `/proc`, it refuses no ring for its boot or its user namespace, and every overlay is `UnsuitableFilesystem`. Where a
//! child may not open `/dev/null`, a socket takes the place of the ring's descriptor.
//!
//! | under Landlock | rights |
//! | --- | --- |
//! | look at a ring | `READ_FILE` |
//! | take a side | `READ_FILE`, `WRITE_FILE` |
//! | create a ring | `READ_FILE`, `WRITE_FILE`, `MAKE_REG` |
//! | remove a ring | `READ_FILE`, `WRITE_FILE`, `REMOVE_FILE` |

use crate::*;
