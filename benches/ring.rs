//! What a push and a pop cost, by the size of the message: `cargo bench`.
//!
//! Numbers of one process. Between processes it is `ipc_bench` of cli/ that measures.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use ipc_ring::{RingReader, RingWriter};
use ipc_ring_measure::job::{Job, Task};
use ipc_ring_measure::message::Look;
use ipc_ring_measure::part::{self, Pair};
use ipc_ring_measure::ring::{self, Manner};
use ipc_ring_measure::{enough, machine, Outcome};

const SIZES: [usize; 5] = [8, 64, 256, 4 << 10, 64 << 10];

/// Some messages of each size have their place in it, and all of it in the second-level cache.
const CAPACITY: usize = 1 << 20;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(40)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    in_one_thread(&mut criterion);
    across_two_threads(&mut criterion);
    criterion.final_summary();
}

/// One push and one pop by the same thread: the work alone, without a cache line that travels.
fn in_one_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("in one thread");
    for size in SIZES {
        let ((mut writer, mut reader), message) = (sides().expect("a ring can be made"), vec![0xA5; size]);
        let mut buffer = Vec::with_capacity(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                writer.push(&message, None).expect("the ring was empty");
                reader.pop(&mut buffer, None).expect("a message was pushed")
            })
        });
    }
}

/// A stream of messages from one thread to another, measured where they arrive, when the ring has been gone round.
fn across_two_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("across two threads");
    for size in SIZES {
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_custom(|messages| {
                let (task, warm_up) = (Task::Stream { toil: None }, enough::warm_up(0, ring::ringful(size, CAPACITY)));
                let look = Look::NUMBER;
                let job = Job { task, size, look, warm_up, messages, rounds: 1, cores: None, tells: false };
                let done = part::between_threads(&job, &pair, || Ok(())).expect("both threads live");
                Duration::from_nanos(done.laps[0].nanoseconds)
            })
        });
    }
}

fn pair() -> Outcome<Pair> {
    let (writer, reader) = sides()?;
    Ok((ring::sender(writer, Manner::default()), ring::receiver(reader, Manner::default())))
}

/// Both sides of a ring in memory, whose name is gone.
fn sides() -> Outcome<(RingWriter, RingReader)> {
    let directory = tempfile::tempdir_in(machine::memory())?;
    let path = directory.path().join("ring");
    Ok((RingWriter::create(&path, CAPACITY)?, RingReader::open(&path)?))
}
