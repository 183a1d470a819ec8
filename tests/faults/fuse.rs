//! The least of a filesystem that a program stands behind, spoken to the kernel as it is: a directory of files that can
//! be made, looked at, read and removed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::Mutex;

pub struct Fuse {
    device: File,
    /// Each file's name and content. Its node is its place here, and [`FIRST`] more.
    files: Mutex<Vec<(Option<String>, Vec<u8>)>>,
}

const ROOT: u64 = 1;
const FIRST: u64 = 2;
const HEADER: usize = 40;

fn bytes<const N: usize>(words: [u64; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn halves<const N: usize>(words: [u32; N]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn name_of(argument: &[u8]) -> String {
    let end = argument.iter().position(|&byte| byte == 0).unwrap_or(argument.len());
    String::from_utf8_lossy(&argument[..end]).into_owned()
}

impl Fuse {
    /// A filesystem with one file, `ring`, of this content; to be mounted, then served.
    pub fn new(ring: Vec<u8>) -> io::Result<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/fuse")?;
        Ok(Self { device, files: Mutex::new(vec![(Some("ring".to_string()), ring)]) })
    }

    pub fn mount_options(&self) -> String {
        format!("fd={},rootmode=40000,user_id=0,group_id=0", self.device.as_raw_fd())
    }

    /// The names of its files.
    pub fn names(&self) -> Vec<String> {
        self.files.lock().unwrap().iter().filter_map(|(name, _)| name.clone()).collect()
    }

    /// Answers until it is no longer mounted.
    pub fn serve(&self) {
        let mut request = vec![0; 1 << 20];
        while let Ok(length) = (&self.device).read(&mut request) {
            let word = |at: usize| u32::from_le_bytes(request[at..at + 4].try_into().unwrap());
            let node = u64::from_le_bytes(request[16..24].try_into().unwrap());
            let answer = match self.answer(word(4), node, &request[HEADER..length]) {
                Some(answer) => answer,
                None => continue,
            };
            let (error, body) = match answer {
                Ok(body) => (0, body),
                Err(errno) => (-errno, Vec::new()),
            };
            let mut reply = halves([16 + body.len() as u32, error as u32]);
            reply.extend(&request[8..16]);
            reply.extend(body);
            let _ = (&self.device).write_all(&reply);
        }
    }

    /// The attributes of a node: linux/fuse.h, `fuse_attr`.
    fn attributes(&self, node: u64) -> Option<Vec<u8>> {
        let files = self.files.lock().unwrap();
        let (size, mode) = match node {
            ROOT => (0, libc::S_IFDIR | 0o700),
            _ => (files.get((node - FIRST) as usize)?.1.len() as u64, libc::S_IFREG | 0o600),
        };
        let mut attributes = bytes([node, size, size / 512 + 1, 0, 0, 0]);
        attributes.extend(halves([0, 0, 0, mode, 1, 0, 0, 0, 4096, 0]));
        Some(attributes)
    }

    /// A name that was found: `fuse_entry_out`.
    fn entry(&self, node: u64) -> Option<Vec<u8>> {
        Some([bytes([node, 0, 0, 0, 0]), self.attributes(node)?].concat())
    }

    fn find(&self, name: &str) -> Option<u64> {
        let files = self.files.lock().unwrap();
        let place = files.iter().position(|(of, _)| of.as_deref() == Some(name))?;
        Some(place as u64 + FIRST)
    }

    /// The answer to a request, or the error; `None` where none is wanted.
    fn answer(&self, operation: u32, node: u64, argument: &[u8]) -> Option<Result<Vec<u8>, i32>> {
        Some(match operation {
            // LOOKUP
            1 => self.find(&name_of(argument)).and_then(|node| self.entry(node)).ok_or(libc::ENOENT),
            // FORGET, INTERRUPT and BATCH_FORGET
            2 | 36 | 42 => return None,
            // GETATTR and SETATTR
            3 | 4 => self.attributes(node).map(|of| [bytes([0, 0]), of].concat()).ok_or(libc::ENOENT),
            // UNLINK: whoever has it open still does.
            10 => match self.find(&name_of(argument)) {
                Some(node) => {
                    self.files.lock().unwrap()[(node - FIRST) as usize].0 = None;
                    Ok(Vec::new())
                }
                None => Err(libc::ENOENT),
            },
            // OPEN
            14 => Ok(bytes([0, 0])),
            // READ
            15 => {
                let files = self.files.lock().unwrap();
                let content = &files[(node - FIRST) as usize].1;
                let from = u64::from_le_bytes(argument[8..16].try_into().unwrap()) as usize;
                let size = u32::from_le_bytes(argument[16..20].try_into().unwrap()) as usize;
                let from = from.min(content.len());
                Ok(content[from..content.len().min(from + size)].to_vec())
            }
            // STATFS
            17 => {
                Ok([bytes([1 << 20, 1 << 20, 1 << 20, 100, 100]), halves([4096, 255, 4096, 0, 0, 0, 0, 0, 0, 0])]
                    .concat())
            }
            // RELEASE and FLUSH
            18 | 25 => Ok(Vec::new()),
            // INIT: version 7.31, without any features.
            26 => Ok([halves([7, 31, 0, 0, 0, 1 << 16, 1]), vec![0; 36]].concat()),
            // CREATE
            35 => {
                let name = name_of(&argument[16..]);
                let mut files = self.files.lock().unwrap();
                files.push((Some(name), Vec::new()));
                let node = files.len() as u64 - 1 + FIRST;
                drop(files);
                Ok([self.entry(node).unwrap(), bytes([0, 0])].concat())
            }
            _ => Err(libc::ENOSYS),
        })
    }
}
