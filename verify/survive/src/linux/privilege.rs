//! What this process may not do by itself, it may in a user namespace, where the system lets it have one.

use std::fs;

use super::done;

/// Makes this process, which has one thread, one that may make namespaces and mount filesystems in them; says why not
/// where the system does not let it.
pub fn acquire() -> Result<(), String> {
    if is_capable() {
        return Ok(());
    }
    // SAFETY: a system call without pointers.
    let user = unsafe { libc::geteuid() };
    // SAFETY: as above.
    let group = unsafe { libc::getegid() };
    // SAFETY: as above.
    let unshared = unsafe { libc::unshare(libc::CLONE_NEWUSER) };
    done("there is neither root nor a user namespace to be had", unshared)?;
    let write = |file: &str, text: String| fs::write(file, text).map_err(|error| format!("write {file}: {error}"));
    write("/proc/self/setgroups", "deny".into())?;
    // As root within it: another user would lose all power with the next program that is started.
    write("/proc/self/uid_map", format!("0 {user} 1"))?;
    write("/proc/self/gid_map", format!("0 {group} 1"))?;
    is_capable().then_some(()).ok_or_else(|| "a user namespace gives no power to make others".into())
}

/// Whether this process has the capability by which namespaces are made and filesystems mounted.
fn is_capable() -> bool {
    const SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    effective.is_some_and(|effective| effective >> SYS_ADMIN & 1 == 1)
}
