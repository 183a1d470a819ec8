//! Opens each page of a directory in a real browser, without a display and without a network, and tells of each link
//! and each picture that is dead.
//!
//! The pages, and the drawings that are files of their own, are served to Chromium from this machine; it resolves the
//! name of no other. One page of our own (`look.html`) opens them all, after their scripts have run, and reports what
//! each has: whatever it refers to, its pictures, and the places that a link can lead to. A link is dead if it leads to
//! no page, or to no place in the page, or to this project by way of the network, where nobody follows it. A picture is
//! dead if it does not load, has no size, or, drawn in the page, has no title. One for another screen or for the dark
//! is a picture, too. A page is dead if it has no title, if a script fails, or if it asks for a file that is not there.
//!
//! First it opens a page of its own on which all of that is broken, and fails where it does not find each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use clap::Parser;
use serde::Deserialize;
use tiny_http::{Request, Server};

/// How long all pages together may take. Then the browser hangs.
const LIMIT: Duration = Duration::from_secs(600);

/// The names that Chromium goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Kept in each page before its own scripts, so that none of their errors is missed.
const KEEPS_ERRORS: &str = "<script>window.errorsOfThisPage = [];\
    addEventListener('error', (event) => errorsOfThisPage.push(event.message));\
    addEventListener('unhandledrejection', (event) => errorsOfThisPage.push(`a promise: ${event.reason}`));</script>";

/// How the parts of this project are called: a link to one is a link within the pages.
const OURS: &str = "ipc_ring";

/// The exit status where there is no browser (xtask/src/browser.rs).
const NO_BROWSER: u8 = 3;

/// Opens every page below a directory in Chromium, and fails for every dead link and picture.
#[derive(Parser)]
struct Args {
    /// The directory that is served: every .html file in it is opened
    directory: PathBuf,
    /// Take pictures of these pages, light and dark, into --pictures
    #[arg(long, value_name = "PAGE", requires = "pictures")]
    page: Vec<String>,
    /// Where the pictures are put
    #[arg(long, value_name = "DIRECTORY")]
    pictures: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why:#}");
            if why.is::<NoBrowser>() {
                NO_BROWSER.into()
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// There is no browser here.
#[derive(Debug)]
struct NoBrowser;

impl std::fmt::Display for NoBrowser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is none of {} (see .ci/install)", BROWSERS.join(", "))
    }
}

fn run(args: &Args) -> Result<()> {
    browser()?;
    finds_what_is_broken().context("the pages that are broken on purpose")?;
    let site = Site::open(&args.directory)?;
    let found = site.look()?;
    println!("{found}");
    found.dead.iter().for_each(|dead| println!("dead: {dead}"));
    if let Some(pictures) = &args.pictures {
        args.page.iter().try_for_each(|page| site.photograph(page, pictures))?;
    }
    ensure!(found.dead.is_empty(), "{} dead", found.dead.len());
    Ok(())
}

/// A directory, and who serves it.
struct Site {
    root: PathBuf,
    server: Server,
}

/// What `look.html` reports of a page.
#[derive(Deserialize)]
struct Page {
    path: String,
    ids: BTreeSet<String>,
    links: Vec<String>,
    pictures: usize,
    dead: Vec<String>,
}

/// What there is on all pages.
#[derive(Default)]
struct Found {
    pages: usize,
    links: usize,
    pictures: usize,
    /// Links that lead elsewhere, by host. Without a network nobody follows them.
    elsewhere: BTreeMap<String, usize>,
    dead: BTreeSet<String>,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Found { pages, links, pictures, elsewhere, dead } = self;
        writeln!(f, "pages {pages}, links {links}, pictures {pictures}, dead {}", dead.len())?;
        write!(f, "links to elsewhere, not followed:")?;
        elsewhere.iter().try_for_each(|(host, count)| write!(f, " {host} {count}"))
    }
}

impl Site {
    fn open(directory: &Path) -> Result<Site> {
        let root = directory.canonicalize().with_context(|| directory.display().to_string())?;
        let server = Server::http("127.0.0.1:0").map_err(|why| anyhow::anyhow!("no port: {why}"))?;
        Ok(Site { root, server })
    }

    fn address(&self) -> String {
        format!("http://{}", self.server.server_addr())
    }

    /// The paths of all pages and drawings.
    fn pages(&self) -> Result<Vec<String>> {
        let mut pages = Vec::new();
        for entry in walkdir::WalkDir::new(&self.root).sort_by_file_name() {
            let entry = entry?;
            if entry.path().extension().is_some_and(|kind| kind == "html" || kind == "svg") {
                pages.push(format!("/{}", entry.path().strip_prefix(&self.root)?.display()));
            }
        }
        ensure!(!pages.is_empty(), "no page in {}", self.root.display());
        Ok(pages)
    }

    /// Opens all pages.
    fn look(&self) -> Result<Found> {
        let opener = include_str!("look.html").replace("/*PAGES*/[]", &serde_json::to_string(&self.pages()?)?);
        let mut missing = BTreeSet::new();
        let mut browser = Browser::start(&[&format!("{}/look", self.address())])?;
        let begin = Instant::now();
        let pages: Vec<Page> = loop {
            ensure!(begin.elapsed() < LIMIT, "the browser opened not all pages in {LIMIT:?}");
            if let Some(status) = browser.0.try_wait()? {
                bail!("the browser ended by itself: {status}");
            }
            let Some(mut request) = self.server.recv_timeout(Duration::from_millis(100))? else { continue };
            match request.url() {
                "/look" => answer(request, "200 OK", "html", html(&opener).as_bytes()),
                "/found" => {
                    let pages = serde_json::from_reader(request.as_reader())?;
                    answer(request, "204 No Content", "", &[]);
                    break pages;
                }
                _ => missing.extend(self.serve(request)?),
            }
        };
        let mut found = self.judge(&pages);
        found.dead.extend(missing.into_iter().map(|path| format!("a file that a page asks for: {path}")));
        Ok(found)
    }

    /// Sends the file that is asked for. Returns its path if there is none.
    fn serve(&self, request: Request) -> Result<Option<String>> {
        let path = decoded(request.url().split(['?', '#']).next().unwrap_or_default());
        let file = self.root.join(path.trim_start_matches('/'));
        let Ok(bytes) = fs::read(&file) else {
            answer(request, "404 Not Found", "", &[]);
            // Chromium asks for it by itself.
            return Ok((path != "/favicon.ico").then_some(path));
        };
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        let bytes = if kind == "html" { html(&String::from_utf8(bytes)?).into_bytes() } else { bytes };
        answer(request, "200 OK", kind, &bytes);
        Ok(None)
    }

    /// Holds the links of all pages against the pages that there are.
    fn judge(&self, pages: &[Page]) -> Found {
        let mut found = Found { pages: pages.len(), ..Found::default() };
        let ids: BTreeMap<&str, &BTreeSet<String>> = pages.iter().map(|page| (&*page.path, &page.ids)).collect();
        for page in pages {
            found.links += page.links.len();
            found.pictures += page.pictures;
            found.dead.extend(page.dead.iter().map(|dead| format!("{}: {dead}", page.path)));
            for link in &page.links {
                let Some(within) = link.strip_prefix(&self.address()) else {
                    let host = link.split('/').nth(2).filter(|_| link.starts_with("https://"));
                    match host {
                        Some(_) if is_ours(link) => {
                            found.dead.insert(format!("{}: a link to ourselves, by the network: {link}", page.path));
                        }
                        Some(host) => *found.elsewhere.entry(host.into()).or_default() += 1,
                        None if link == "javascript:void(0)" => {}
                        None => drop(found.dead.insert(format!("{}: not https: {link}", page.path))),
                    }
                    continue;
                };
                let (target, place) = within.split_once('#').unwrap_or((within, ""));
                let target = decoded(target.split('?').next().unwrap_or_default());
                let leads = match ids.get(&*target) {
                    Some(ids) => has_places(ids, place),
                    None => place.is_empty() && self.root.join(target.trim_start_matches('/')).is_file(),
                };
                if !leads {
                    found.dead.insert(format!("{}: a link to {within}", page.path));
                }
            }
        }
        found
    }

    /// Takes a picture of a page, light and dark.
    fn photograph(&self, page: &str, pictures: &Path) -> Result<()> {
        fs::create_dir_all(pictures)?;
        for (scheme, number) in [("light", 1), ("dark", 0)] {
            let name = format!("{}-{scheme}.png", page.trim_end_matches(".html").replace('/', "-"));
            let file = pictures.join(name);
            let mut browser = Browser::start(&[
                &format!("--screenshot={}", file.display()),
                &format!("--blink-settings=preferredColorScheme={number}"),
                "--window-size=1200,2400",
                &format!("{}/{page}", self.address()),
            ])?;
            let begin = Instant::now();
            while browser.0.try_wait()?.is_none() {
                ensure!(begin.elapsed() < LIMIT, "the browser takes no picture of {page}");
                if let Some(request) = self.server.recv_timeout(Duration::from_millis(100))? {
                    self.serve(request)?;
                }
            }
            ensure!(file.is_file(), "no picture of {page}");
            println!("{}", file.display());
        }
        Ok(())
    }
}

/// Whether a link leads to a page of this project on docs.rs, crates.io, GitHub or the like.
fn is_ours(link: &str) -> bool {
    link.split(['/', '?', '#', '.']).any(|part| part == OURS || part.starts_with(&format!("{OURS}_")))
}

/// Whether all places that a link names are in the page: one, by its name as it stands or decoded, as browsers have it;
/// or, in a page of source code, the first and last of some lines.
fn has_places(ids: &BTreeSet<String>, fragment: &str) -> bool {
    let is_line = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match fragment.split_once('-') {
        _ if fragment.is_empty() => true,
        Some((first, last)) if is_line(first) && is_line(last) => ids.contains(first) && ids.contains(last),
        _ => ids.contains(fragment) || ids.contains(&decoded(fragment)),
    }
}

/// The text with its `%xx` as the bytes that they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => (bytes, rest) = ([bytes, vec![byte]].concat(), &after[2..]),
            None => (bytes, rest) = ([bytes, vec![*first]].concat(), after),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The page with the script that keeps its errors.
fn html(text: &str) -> String {
    match text.split_once("<head>") {
        Some((before, after)) => format!("{before}<head>{KEEPS_ERRORS}{after}"),
        None => format!("{KEEPS_ERRORS}{text}"),
    }
}

/// Sends the answer, and has the browser close the connection. A thread of the server is busy as long as its connection
/// is open, and two connections that come at once may be given to one thread: the second would wait for good.
fn answer(request: Request, status: &str, ending: &str, bytes: &[u8]) {
    let (kind, length) = (content_type(ending), bytes.len());
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let mut writer = request.into_writer();
    // A browser that asks for a page and goes on to the next one takes no answer.
    let _ = writer.write_all(&[head.as_bytes(), bytes].concat()).and_then(|()| writer.flush());
}

/// What a file is, by the ending of its name.
fn content_type(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

/// The name of the browser that is here.
fn browser() -> Result<&'static str> {
    let answers = |program: &&&str| {
        let asked = Command::new(program).arg("--version").stderr(Stdio::null()).stdout(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    BROWSERS.iter().find(answers).copied().context(NoBrowser)
}

/// Chromium, which ends when this is dropped.
struct Browser(Child, #[allow(dead_code, reason = "it is kept as long as the browser runs")] tempfile::TempDir);

impl Browser {
    /// Starts it in a home of its own, without a network: it finds the address of no host.
    fn start(arguments: &[&str]) -> Result<Browser> {
        let home = tempfile::tempdir()?;
        let child = Command::new(browser()?)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
            .args(["--disable-component-update", "--no-first-run", "--hide-scrollbars"])
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", home.path().display()))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Browser(child, home))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has ended, or has nothing to lose.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is broken on purpose, and what is told of it. What is well comes first, and nothing is told of it.
const BROKEN: [(&str, &str); 37] = [
    ("<p id=there></p> <a href=other.html>.</a> <a href=other.html#h%C3%A9>.</a> <a href=#there>.</a>", ""),
    ("<a href=other.html#1-2>.</a> <a href=other.html#impl%3CT%3E>.</a> <a href=https://example.org/>.</a>", ""),
    ("<a href=data.txt>.</a> <a href=%64ata.txt>.</a> <a href=%6Fther.html#1>.</a> <img src=%67ood.svg>", ""),
    ("<svg viewBox='0 0 9 9'><title>Seen</title><a href=#there></a><use xlink:href=#there /></svg>", ""),
    ("<picture><source srcset='good.svg, wide.svg 2x'><img src=good.svg></picture>", ""),
    ("<a href=none.html>.</a>", "a link to /none.html"),
    ("<a href=%6Eone.html>.</a>", "a link to /%6Eone.html"),
    ("<a href=other.html#none>.</a>", "a link to /other.html#none"),
    ("<a href=other.html#2-3>.</a>", "a link to /other.html#2-3"),
    ("<a href=http://plain/>.</a>", "not https: http://plain/"),
    ("<a href=http://[>.</a>", "no address: http://["),
    (
        "<a href=https://docs.rs/ipc_ring/latest/>.</a>",
        "a link to ourselves, by the network: https://docs.rs/ipc_ring/latest/",
    ),
    (
        "<a href=https://github.com/a/ipc_ring.git>.</a>",
        "a link to ourselves, by the network: https://github.com/a/ipc_ring.git",
    ),
    ("<link rel=alternate href=none.xml>", "a link to /none.xml"),
    ("<video poster=none.png></video>", "a link to /none.png"),
    ("<iframe src=none.htm></iframe>", "a link to /none.htm"),
    ("<p style='background: url(none.gif)'></p>", "a link to /none.gif"),
    ("<style>.none { background: url(\"none.jpg\") }</style>", "a link to /none.jpg"),
    ("<svg viewBox='0 0 9 9'><title>.</title><a href=#none1></a></svg>", "a link to /index.html#none1"),
    ("<svg viewBox='0 0 9 9'><title>.</title><a xlink:href=#none2></a></svg>", "a link to /index.html#none2"),
    ("<svg viewBox='0 0 9 9'><title>.</title><use href=#none3 /></svg>", "a link to /index.html#none3"),
    ("<svg viewBox='0 0 9 9'><title>.</title><path marker-end='url(#none4)' /></svg>", "a link to /index.html#none4"),
    ("<svg viewBox='0 0 9 9'><title>.</title><image href=none5.svg /></svg>", "a link to /none5.svg"),
    (
        "<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<a href=#late>.</a>'), 300)</script>",
        "a link to /index.html#late",
    ),
    ("<img src=none.svg>", "a picture does not load: none.svg"),
    ("<img src=bad.svg>", "a picture does not load: bad.svg"),
    ("<img src=HERE/good.svg>", "a picture does not load: HERE/good.svg"),
    ("<img src=good.svg srcset='good.svg, none6.svg 2x'>", "a picture does not load: none6.svg"),
    (
        "<picture><source srcset=none7.svg media='(prefers-color-scheme: dark)'><img src=good.svg></picture>",
        "a picture does not load: none7.svg",
    ),
    ("<svg id=small></svg>", "a picture has no size: <svg id=\"small\"></svg>"),
    ("<svg viewBox='0 0 9 9'></svg>", "a picture has no title: <svg viewBox=\"0 0 9 9\"></svg>"),
    (
        "<svg viewBox='0 0 8 8'><title> </title></svg>",
        "a picture has no title: <svg viewBox=\"0 0 8 8\"><title> </title></svg>",
    ),
    (
        "<svg viewBox='0 0 7 7'><g><title>.</title></g></svg>",
        "a picture has no title: <svg viewBox=\"0 0 7 7\"><g><title>.</title></g></svg>",
    ),
    (
        "<script>nobodyDefinesThis();</script>",
        "a script fails: Uncaught ReferenceError: nobodyDefinesThis is not defined",
    ),
    ("<script>Promise.reject(new Error('why'))</script>", "a script fails: a promise: Error: why"),
    ("<script>fetch('none.json')</script>", ""),
    ("<title> </title>", "the page has no title"),
];

/// Opens pages on which everything is broken that can be, and fails unless each of these is found, and nothing else.
fn finds_what_is_broken() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let site = Site::open(directory.path())?;
    // It answers to this name, too, and the browser must not find it by that.
    let here = format!("http://localhost:{}", site.address().rsplit(':').next().unwrap_or_default());
    let page = String::from_iter(BROKEN.map(|(broken, _)| broken)).replace("HERE", &here);
    let page = format!("<!DOCTYPE html><html><head></head><body>{page}</body></html>");
    let other = "<!DOCTYPE html><html><head><title>Other</title><link rel=stylesheet href=none.css></head>\
        <body><p id=h\u{e9}></p><p id=1></p><p id=2></p><p id='impl%3CT%3E'></p></body></html>";
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>";
    let wide = svg.replace("></svg>", "><use href='#none'/></svg>");
    for (name, text) in [
        ("index.html", &*page),
        ("other.html", other),
        ("good.svg", svg),
        ("wide.svg", &wide),
        ("bad.svg", "no"),
        ("data.txt", ""),
    ] {
        fs::write(directory.path().join(name), text)?;
    }
    let found = site.look()?;
    let told = BROKEN.iter().filter(|(_, told)| !told.is_empty());
    let told = told.map(|(_, told)| format!("/index.html: {}", told.replace("HERE", &here)));
    let others =
        ["/bad.svg: the page is no drawing", "/other.html: a link to /none.css", "/wide.svg: a link to /wide.svg#none"];
    let missing = ["none.css", "none.gif", "none.htm", "none.json", "none.png", "none.svg", "none5.svg", "none6.svg"];
    let missing = missing.into_iter().chain(["none7.svg"]).map(|file| format!("a file that a page asks for: /{file}"));
    let expected = BTreeSet::from_iter(told.chain(others.map(String::from)).chain(missing));
    let without = |some: &BTreeSet<String>, others: &BTreeSet<String>| Vec::from_iter(some.difference(others).cloned());
    ensure!(
        found.dead == expected,
        "not found: {:#?}, and found for nothing: {:#?}",
        without(&expected, &found.dead),
        without(&found.dead, &expected)
    );
    println!("broken on purpose: {} of {} found", found.dead.len(), expected.len());
    Ok(())
}
