//! A process that writes: it pushes message after message in all the ways there are, until it is killed.

use std::io::Write;
use std::time::Duration;

use clap::ArgMatches;
use ipc_ring::{Grant, OpenError, PushError, RingWriter, Side, WriteBatch};

use super::event::{Event, Verdict};
use super::idle;
use super::plan::Place;
use super::site::Site;
use crate::report::Report;

pub fn run(matches: &ArgMatches) -> Result<Report, String> {
    let site = Site::of(Side::Writer, matches)?;
    let orders = site.orders;
    let next = Place { number: orders.number, position: orders.position };
    let mut writing = Writing { site, next, begun: orders.begun, message: Vec::new() };
    // Also where it is told to stop by now: its predecessor may have died, and ended nothing.
    while !writing.live()? {}
    Ok(Report::default())
}

struct Writing {
    site: Site,
    /// Where the next message goes.
    next: Place,
    /// The messages before this one may be in the ring already.
    begun: u64,
    message: Vec<u8>,
}

/// Pushing alone and into a batch are one thing here.
trait Pushes {
    fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError>;
    fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError>;
}

impl Pushes for RingWriter {
    fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        RingWriter::push(self, message, timeout)
    }

    fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        RingWriter::reserve(self, len, timeout)
    }
}

impl Pushes for WriteBatch<'_> {
    fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        WriteBatch::push(self, message, timeout)
    }

    fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        WriteBatch::reserve(self, len, timeout)
    }
}

impl Writing {
    /// Gets the handle, pushes, and leaves, if it comes to that: where a stream ends by the plan, or in the midst of
    /// one. Whether it has ended one, and is told to leave for good.
    fn live(&mut self) -> Result<bool, String> {
        self.site.own.note(Event::Entering(self.site.orders.process));
        let Some(mut writer) = self.enter()? else { return Ok(false) };
        let position = writer.position();
        self.site.arrive(position);
        // What the last writer was pushing when it died is in the ring if, and only if, the position says so.
        let found = self.site.plan.find(self.next, position, self.begun);
        self.next = found.ok_or_else(|| self.site.refuse("go on", format!("nothing ends at {position}")))?;
        let (told, true_number) = (writer.message_count(), self.site.plan.messages(self.next.number));
        if told != Ok(true_number) {
            return Err(self.site.refuse("count", format!("{told:?} messages are told of, of {true_number}")));
        }
        loop {
            if self.site.plan.is_end(self.next.number) {
                self.end(writer);
                return Ok(self.site.own.is_to_stop());
            }
            match self.site.random.u16(0..1000) {
                0..=599 => self.push_one(&mut writer)?,
                600..=899 => self.push_a_batch(&mut writer)?,
                900..=979 => self.push_nothing(&mut writer)?,
                980..=998 => idle(Duration::from_micros(self.site.random.u64(0..100))),
                _ => break,
            }
        }
        self.site.depart();
        writer.abandon();
        self.site.own.note(Event::Left);
        self.begun = self.next.number;
        Ok(false)
    }

    /// Ends the stream, which is next.
    fn end(&mut self, writer: RingWriter) {
        let number = self.next.number;
        self.site.own.note(Event::Pushing(number));
        self.site.depart();
        writer.finish();
        self.site.own.note(Event::Acknowledged(number));
        self.site.own.note(Event::Left);
        self.next = self.site.plan.after(self.next);
        self.begun = self.next.number;
    }

    /// Gets the handle, unless there is no room for the end of another stream.
    fn enter(&mut self) -> Result<Option<RingWriter>, String> {
        let (patience, peer) = (self.site.patience(), self.site.peer.arrived());
        let Site { ring, options, plan, .. } = &self.site;
        match options.attach_wait(ring, patience) {
            Ok(writer) => Ok(Some(writer)),
            Err(OpenError::NotFound { .. }) => {
                let created = options.create(ring, plan.capacity as usize);
                created.map(Some).map_err(|error| self.site.refuse("create", error))
            }
            Err(OpenError::Full { .. }) => {
                let verdict = if patience.is_some() { Verdict::Nothing } else { Verdict::Full };
                self.site.told(verdict, patience, peer);
                Ok(None)
            }
            Err(error) => Err(self.site.refuse("attach", error)),
        }
    }

    fn push_one(&mut self, writer: &mut RingWriter) -> Result<(), String> {
        if self.push_next(writer)? {
            self.site.own.note(Event::Acknowledged(self.next.number - 1));
        }
        Ok(())
    }

    /// What is pushed into a batch is acknowledged once that is published, not before.
    fn push_a_batch(&mut self, writer: &mut RingWriter) -> Result<(), String> {
        let first = self.next.number;
        let mut batch = writer.batch();
        for _ in 0..self.site.random.u8(1..16) {
            if self.site.plan.is_end(self.next.number) {
                break;
            }
            match self.site.random.u8(0..32) {
                0 => {
                    batch.publish();
                    self.acknowledge_from(first);
                }
                1 => idle(Duration::from_micros(self.site.random.u64(0..100))),
                _ if self.push_next(&mut batch)? => {}
                _ => break,
            }
        }
        drop(batch);
        self.acknowledge_from(first);
        Ok(())
    }

    fn acknowledge_from(&self, first: u64) {
        if self.next.number > first {
            self.site.own.note(Event::Acknowledged(self.next.number - 1));
        }
    }

    /// Pushes the next message. Whether it went into the ring, or the batch.
    fn push_next(&mut self, to: &mut impl Pushes) -> Result<bool, String> {
        let (site, number) = (&mut self.site, self.next.number);
        site.plan.write(number, &mut self.message);
        let (patience, peer) = (site.patience(), site.peer.arrived());
        site.own.note(Event::Pushing(number));
        let pushed = match site.plan.reserved(number) {
            None => to.push(&self.message, patience),
            Some(reserved) => to.reserve(reserved, patience).map(|mut grant| {
                let written = grant.write_all(&self.message);
                grant.commit();
                written.unwrap_or_else(|error| site.own.complain(&format!("write to a grant: {error}")));
            }),
        };
        match pushed {
            Ok(()) => self.next = site.plan.after(self.next),
            Err(error) => self.told(error, patience, peer)?,
        }
        Ok(pushed.is_ok())
    }

    /// Reserves space for the next message, and thinks better of it.
    fn push_nothing(&mut self, writer: &mut RingWriter) -> Result<(), String> {
        let (site, number) = (&mut self.site, self.next.number);
        let Some(reserved) = site.plan.reserved(number) else { return Ok(()) };
        let (patience, peer) = (site.patience(), site.peer.arrived());
        site.plan.write(number, &mut self.message);
        site.own.note(Event::Pushing(number));
        let written = writer.reserve(reserved, patience).map(|mut grant| grant.write(&self.message).is_ok());
        match written {
            Ok(_) => {
                let position = writer.position();
                if position != self.next.position && position != site.plan.alone(self.next) {
                    site.own.note(Event::Astray(position));
                }
                self.next.position = position;
                site.own.note(Event::Withdrawn);
            }
            Err(error) => self.told(error, patience, peer)?,
        }
        Ok(())
    }

    fn told(&self, error: PushError, patience: Option<Duration>, peer: u64) -> Result<(), String> {
        let verdict = match error {
            PushError::TimedOut => Verdict::Nothing,
            PushError::Closed => Verdict::Closed,
            PushError::PeerGone => Verdict::PeerGone,
            other => return Err(self.site.refuse("push", other)),
        };
        self.site.told(verdict, patience, peer);
        Ok(())
    }
}
