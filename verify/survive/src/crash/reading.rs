//! A process that reads: it takes message after message in all the ways there are, until it is killed.

use std::time::Duration;

use clap::ArgMatches;
use ipc_ring::{OpenError, PopError, RingReader, Side};

use super::event::{Event, Verdict};
use super::idle;
use super::plan::Place;
use super::site::Site;
use crate::report::Report;

pub fn run(matches: &ArgMatches) -> Result<Report, String> {
    let site = Site::of(Side::Reader, matches)?;
    let next = Place { number: site.orders.number, position: site.orders.position };
    let mut reading = Reading {
        site,
        next,
        message: Vec::new(),
        stops: false,
        is_in_a_stream: false,
        is_to_stop: false,
        is_done: false,
    };
    while !reading.is_done {
        reading.live()?;
    }
    Ok(Report::default())
}

struct Reading {
    site: Site,
    /// The message that is due, and where it stands.
    next: Place,
    message: Vec<u8>,
    /// Whether this reader stops at ends, and whether it has given a message back and taken no end since.
    stops: bool,
    is_in_a_stream: bool,
    /// Whether it was told to stop before what it does now: the writer had left for good by then.
    is_to_stop: bool,
    /// Whether the writer has left for good, and all was read.
    is_done: bool,
}

/// How far behind what was noted a reader can go on: what it was shown in one batch.
const FARTHEST: u64 = 64;
/// The longest that a reader waits which stops at ends: longer than it takes to learn of a death.
const LONGEST: Duration = Duration::from_millis(100);

impl Reading {
    /// Gets the handle, reads, and leaves in good order, if it comes to that.
    fn live(&mut self) -> Result<(), String> {
        self.site.own.note(Event::Entering(self.site.orders.process));
        let peer = self.site.peer.arrived();
        self.stops = self.site.random.bool();
        self.is_in_a_stream = false;
        let mut reader = match self.site.options.reader_stops_at_ends(self.stops).open(&self.site.ring) {
            Ok(reader) => reader,
            Err(OpenError::NotFound { .. }) => {
                self.site.told(Verdict::NotFound, None, peer);
                return Ok(());
            }
            Err(error) => return Err(self.site.refuse("open", error)),
        };
        let position = reader.position();
        self.site.arrive(position);
        if self.stops {
            self.site.own.note(Event::Stops);
        }
        let found = self.site.plan.find(self.next, position, self.next.number + FARTHEST);
        self.next = found.ok_or_else(|| self.site.refuse("go on", format!("nothing ends at {position}")))?;
        let (told, true_number) = (reader.message_count(), self.site.plan.messages(self.next.number));
        // An error where its writer passed lap after lap meanwhile.
        if told.is_ok_and(|told| told != true_number) {
            return Err(self.site.refuse("count", format!("{told:?} messages are told of, of {true_number}")));
        }
        while !self.is_done {
            self.is_to_stop = self.site.own.is_to_stop();
            match self.site.random.u16(0..1000) {
                0..=549 => self.pop(&mut reader)?,
                550..=849 => self.read_a_batch(&mut reader)?,
                850..=979 => self.peek(&mut reader)?,
                980..=998 => idle(Duration::from_micros(self.site.random.u64(0..100))),
                _ => break,
            }
        }
        self.site.depart();
        drop(reader);
        self.site.own.note(Event::Left);
        Ok(())
    }

    fn pop(&mut self, reader: &mut RingReader) -> Result<(), String> {
        let (patience, peer) = (self.patience(), self.site.peer.arrived());
        self.site.own.note(Event::Popping);
        match reader.pop(&mut self.message, patience) {
            Ok(_) => {
                let number = self.look(self.next, reader.position());
                self.site.own.note(Event::Popped(number));
                self.next = Place { number: number + 1, position: reader.position() };
                self.is_in_a_stream = true;
                Ok(())
            }
            Err(error) => self.told(reader, error, patience, peer),
        }
    }

    fn peek(&mut self, reader: &mut RingReader) -> Result<(), String> {
        let (patience, peer) = (self.patience(), self.site.peer.arrived());
        match reader.peek(patience) {
            Ok(message) => {
                message.copy_to(&mut self.message);
                let number = self.look(self.next, message.position());
                self.site.own.note(Event::Shown(number));
                self.site.own.note(Event::Kept);
                Ok(())
            }
            Err(error) => self.told(reader, error, patience, peer),
        }
    }

    /// Reads a batch, or a part of one, and mostly releases that.
    fn read_a_batch(&mut self, reader: &mut RingReader) -> Result<(), String> {
        let (patience, peer) = (self.patience(), self.site.peer.arrived());
        let most = self.site.random.usize(1..16);
        let mut batch = match reader.batch(most, patience) {
            Ok(batch) => batch,
            Err(error) => return self.told(reader, error, patience, peer),
        };
        let mut due = self.next;
        while let Some(message) = batch.messages().next() {
            message.copy_to(&mut self.message);
            let number = self.look(due, message.position());
            due = Place { number: number + 1, position: message.position() };
            self.site.own.note(Event::Shown(number));
            match self.site.random.u8(0..64) {
                0 => idle(Duration::from_micros(self.site.random.u64(0..100))),
                1 => break,
                _ => {}
            }
        }
        let ending = self.site.random.u8(0..8);
        if ending < 2 {
            match ending {
                0 => drop(batch),
                #[allow(clippy::forget_non_drop)] // that there is no difference is what is to be seen
                _ => std::mem::forget(batch),
            }
            self.site.own.note(Event::Kept);
            return Ok(());
        }
        self.site.own.note(Event::Releasing);
        match ending {
            2 | 3 => {
                let released = batch.commit_through(due.position);
                released.map_err(|error| self.site.refuse("release", error))?;
            }
            _ => batch.commit(),
        }
        self.site.own.note(Event::Released);
        self.is_in_a_stream |= self.next != due;
        self.next = due;
        Ok(())
    }

    /// Looks at the message that came for the one at `due`, and is said to end at `end`. Its number: that of the
    /// message which ends there, if it is that; else that of whatever it is.
    fn look(&self, due: Place, end: u64) -> u64 {
        let Site { plan, own, .. } = &self.site;
        let places = std::iter::successors(Some(due), |&place| Some(plan.after(place))).take(FARTHEST as usize);
        let ends_there = places.into_iter().find(|&place| plan.after(place).position == end);
        match ends_there.map(|place| place.number) {
            Some(number) if plan.is_whole(number, &self.message) => return number,
            Some(_) => {}
            None => own.note(Event::Astray(end)),
        }
        if plan.is_whole(due.number, &self.message) {
            return due.number;
        }
        plan.recognise(due.number, &self.message).unwrap_or_else(|| {
            own.note(Event::Torn(due.number));
            due.number
        })
    }

    /// How long a call may wait. A reader that stops at ends waits for the next stream, and there may be none.
    fn patience(&mut self) -> Option<Duration> {
        self.site.patience().or(self.stops.then_some(LONGEST))
    }

    fn told(
        &mut self,
        reader: &mut RingReader,
        error: PopError,
        patience: Option<Duration>,
        peer: u64,
    ) -> Result<(), String> {
        let is_away = || !(peer > 0 && self.site.peer.is_still_in(peer));
        let verdict = match error {
            PopError::Closed if self.stops => return self.at_an_end(reader),
            PopError::TimedOut if self.stops && !self.is_in_a_stream && is_away() => Verdict::BetweenStreams,
            PopError::TimedOut => Verdict::Nothing,
            PopError::Closed => Verdict::Closed,
            PopError::PeerGone if self.stops && !self.is_in_a_stream => {
                return Err(self.site.refuse("wait for a stream", error));
            }
            PopError::PeerGone => Verdict::PeerGone,
            other => return Err(self.site.refuse("pop", other)),
        };
        self.site.told(verdict, patience, peer);
        // The writer was told to leave for good before the reader is told to stop. What no batch released is due again.
        let is_all = if self.stops { verdict == Verdict::BetweenStreams } else { verdict == Verdict::Closed };
        self.is_done = self.is_to_stop && is_all;
        Ok(())
    }

    /// Takes the end of a stream, which has to be what is due, or leaves it, to be told of it again.
    fn at_an_end(&mut self, reader: &mut RingReader) -> Result<(), String> {
        if self.site.random.u8(0..8) == 0 {
            return Ok(());
        }
        let Place { number, position } = self.next;
        if !self.site.plan.is_end(number) {
            return Err(self.site.refuse("stop", format!("there is no end at {position}, but message {number}")));
        }
        self.site.own.note(Event::Popping);
        if !reader.take_end() {
            return Err(self.site.refuse("take an end", "there is none"));
        }
        self.site.own.note(Event::Popped(number));
        self.next = self.site.plan.after(self.next);
        self.is_in_a_stream = false;
        if reader.position() != self.next.position {
            self.site.own.note(Event::Astray(reader.position()));
        }
        Ok(())
    }
}
