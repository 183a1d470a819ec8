//! Two threads pass messages through one ring as fast as they can, and check each: the program that the sanitizers
//! watch (`cargo xtask tsan`, `cargo xtask asan`).

mod args;
mod message;
mod ring;
mod sides;

use std::process::ExitCode;

use args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    match ring::with_sides(&args, |writer, reader| sides::pass(writer, reader, &args)) {
        Ok(()) => {
            println!("{} messages", args.messages);
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("ipc_ring_stress: {why}");
            ExitCode::FAILURE
        }
    }
}
