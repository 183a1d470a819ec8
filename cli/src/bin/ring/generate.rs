//! What is made of the command line's description: completions and manual pages.

use std::fs;

use clap::CommandFactory;

use crate::args::{Args, Completions, Man};
use crate::error::Error;
use crate::output::Output;
use crate::quoted::quoted;

pub fn completions(asked: &Completions) -> Result<(), Error> {
    let (mut output, mut script) = (Output::new()?, Vec::new());
    clap_complete::generate(asked.shell, &mut Args::command(), "ring", &mut script);
    output.print(&String::from_utf8_lossy(&script))
}

pub fn man(asked: &Man) -> Result<(), Error> {
    match &asked.directory {
        Some(directory) => fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(Args::command(), directory))
            .map_err(Error::system(format!("write manual pages to {}", quoted(directory)))),
        None => {
            let (mut output, mut page) = (Output::new()?, Vec::new());
            let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
            rendered.map_err(Error::system("make the manual page"))?;
            output.print(&String::from_utf8_lossy(&page))
        }
    }
}
