//! The edge of the library, for a target whose standard library nobody has: see xtask/src/refusals.rs.
//!
//! Without core all of it fails to compile, but only after `compile_error!` has spoken, which is all that this
//! is for. The macro is the compiler's own.
#![feature(no_core, rustc_attrs)]
#![no_core]
#![allow(internal_features)]

#[rustc_builtin_macro]
macro_rules! compile_error {
    ($message:expr $(,)?) => {{}};
}

#[path = "../../src/sys/mod.rs"]
mod sys;
