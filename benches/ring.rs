//! What a push and a pop cost, by the size of the message: `cargo bench`.
//!
//! Numbers of one process. Between processes it is `ipc_bench` of cli/ that measures.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use ipc_ring::{RingReader, RingWriter};
use tempfile::TempDir;

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
        let (_directory, mut writer, mut reader) = ring();
        let message = vec![0xA5; size];
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

/// A stream of messages from one thread to another, measured where they arrive.
fn across_two_threads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("across two threads");
    for size in SIZES {
        let (_directory, mut writer, mut reader) = ring();
        let message = vec![0xA5; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_custom(|messages| stream(&mut writer, &mut reader, &message, messages))
        });
    }
}

/// How long it takes from the moment both threads run until `messages` messages have arrived.
fn stream(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: u64) -> Duration {
    let both_run = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            both_run.wait();
            for _ in 0..messages {
                writer.push(message, None).expect("the reader lives");
            }
        });
        let mut buffer = Vec::with_capacity(message.len());
        both_run.wait();
        let begin = Instant::now();
        for _ in 0..messages {
            reader.pop(&mut buffer, None).expect("the writer lives");
        }
        begin.elapsed()
    })
}

/// A ring in memory where the system has files there, and the directory that goes with it.
fn ring() -> (TempDir, RingWriter, RingReader) {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let directory = directory.expect("a directory can be made");
    let path = directory.path().join("ring");
    let writer = RingWriter::create(&path, CAPACITY).expect("a ring can be made");
    let reader = RingReader::open(&path).expect("the ring can be opened");
    (directory, writer, reader)
}
