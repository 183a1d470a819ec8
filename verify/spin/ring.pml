/*
 * Liveness, which loom cannot state: under weak fairness a message in the ring is popped, a side with cause to be
 * awake does not sleep for ever, and a side whose peer has left learns of it.
 *
 * Two sides, as in src/, and the memory between them. Each side calls push or pop again and again; a call may spin,
 * sleep or give up. Between two calls a side may leave, or rest for ever: that is no excuse for a peer with cause.
 *
 * A step of the protocol has a label. Each is this line of a file in src, which tests/traceability.rs looks for there;
 * the variants after "without" leave the step out, and fail:
 *
 *   L1: a side looks whether its target is reached
 *     protocol/endpoint.rs: self.ring.peer.cursor.load(R::LOAD_PEER)
 *     without: WITHOUT_TARGET
 *   L2: the writer looks whether the reader has left
 *     protocol/producer.rs: if self.endpoint.peer_has_left() {
 *   S1: it announces the target, unless it has in this call
 *     protocol/wait.rs: ring.own.wake_at.store(Mark::open(target).to_word(), ANNOUNCE)
 *     without: WITHOUT_ANNOUNCING_ANEW
 *   S2: heavy fence
 *     protocol/wait.rs: heavy_fence(ring.fences, R::SLEEPS)
 *     without: WITHOUT_HEAVY_FENCE, WITHOUT_MEMBARRIER
 *   S3: second look
 *     protocol/wait.rs: if !ring.closed_for_good(peer) && !peer.position.reaches(target)
 *     without: WITHOUT_SECOND_LOOK
 *   S4: the kernel compares and enqueues
 *     protocol/wait.rs: ring.peer.cursor.wait(word, timeout)
 *     without: WITHOUT_COMPARISON
 *   S5: asleep, until woken
 *     atomics/std.rs: sys::futex::wait(self.0.as_ptr(), expected, timeout)
 *   W1: a side stores its cursor
 *     protocol/endpoint.rs: self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR)
 *   W2: light fence
 *     protocol/wait.rs: light_fence(ring.fences, R::WAKES)
 *     without: WITHOUT_LIGHT_FENCE
 *   W3: did the store cross the peer's target?
 *     protocol/wait.rs: if to.first_reaches(target, from)
 *     without: WITHOUT_CROSSING
 *   W4: wake
 *     protocol/wait.rs: ring.own.cursor.wake()
 *     without: WITHOUT_WAKE, WITHOUT_BARRIER_IN_WAKE
 *   C1: a side that leaves says so in `wake_at`
 *     protocol/endpoint.rs: Mark::closed(self.nothing_seen().position).to_word(), ANNOUNCE
 *   C2: and in its cursor
 *     protocol/endpoint.rs: Mark::closed(self.position).to_word(), R::STORE_CURSOR
 *   C3: wake
 *     protocol/endpoint.rs: self.ring.own.cursor.wake()
 *     without: WITHOUT_WAKE_ON_CLOSE, WITHOUT_BARRIER_IN_WAKE
 *
 * WITHOUT_BARRIER_IN_WAKE shows a promise of the kernel that T5 includes: a wake comes after the caller's earlier
 * stores. There is no fence between C2 and C3.
 *
 * The model leaves out: who else sleeps on a word, to which a wake for all makes no difference; the bytes, and padding
 * (a side moves by one granule or two); what a batch holds back, which its writer publishes before it waits (I13), and
 * its reader releases before it looks again (I14); a third store that waits in a side's buffer; memory that is weaker
 * than store buffers; a side that attaches, dies or breaks the protocol; and time, so that a call may give up at any
 * look.
 *
 * Bounds: records of one or two granules in a ring of two, so that what a side waits for is reached by the peer's last
 * step, or within it. Of a side's stores two wait in its buffer at most. Positions are counted modulo 5, so that the
 * ring turns for ever in finitely many states: the protocol compares positions that are at most two apart, and five are
 * enough to tell which is ahead. Only a `wake_at` of laps ago may be taken for a new one, and costs a wake that nobody
 * needs: who sleeps has announced where last.
 *
 * Weak fairness: what can go on for ever does so in the end. That is the two sides, and their store buffers.
 *
 * Variants, by -D: SYMMETRIC or ASYMMETRIC, the fences of production; SPURIOUS, where any sleep may end without cause,
 * and need not; NAPS, where every sleep ends by itself. Each WITHOUT_ leaves out what it names.
 */

#if defined(SYMMETRIC) == defined(ASYMMETRIC)
#error "one of SYMMETRIC and ASYMMETRIC"
#endif

#define WRITER 0
#define READER 1
#define me _pid
#define peer (1 - _pid)

/* Positions and marks: src/protocol/position.rs and words.rs, with fewer bits. */

#define CAPACITY 2
#define POSITIONS 5
#define AFTER(position, n) (((position) + POSITIONS + (n)) % POSITIONS)
#define SINCE(position, earlier) (((position) + POSITIONS - (earlier)) % POSITIONS)
#define REACHES(position, mark) (SINCE(position, mark) <= POSITIONS / 2)
#ifdef WITHOUT_CROSSING
#define FIRST_REACHES(position, mark, from) ((position) == (mark))
#else
#define FIRST_REACHES(position, mark, from) (SINCE(position, mark) < SINCE(position, from))
#endif

#define OPEN(position) ((position) << 1)
#define LEFT(position) ((position) << 1 | 1)
#define POSITION(mark) ((mark) >> 1)
#define CLOSED(mark) ((mark) & 1)

/* Memory. A side's stores wait in its store buffer, and reach memory in order. No side loads what it stores (I0), so
 * a load need not look into the buffer. */

#define CURSOR(side) (side)
#define WAKE_AT(side) (2 + (side))

byte memory[4];
chan buffer[2] = [2] of { byte, byte };
hidden byte address, value;

#define load(at) memory[at]
#define store(at, what) buffer[me] ! at, what

inline drain_one(side) {
    buffer[side] ? address, value;
    memory[address] = value
}

inline drain(side) {
    do
    :: nempty(buffer[side]) -> drain_one(side)
    :: empty(buffer[side]) -> break
    od
}

/* The fences. In production the light one is the compiler's alone, and the heavy one is a fence, then the kernel's
 * barrier, which drains the peer's buffer. */

#if defined(ASYMMETRIC) || defined(WITHOUT_LIGHT_FENCE)
#define light_fence() skip
#else
#define light_fence() d_step { drain(me) }
#endif

#if defined(WITHOUT_HEAVY_FENCE)
#define heavy_fence() skip
#elif defined(ASYMMETRIC) && !defined(WITHOUT_MEMBARRIER)
#define heavy_fence() d_step { drain(me) }; d_step { drain(peer) }
#else
#define heavy_fence() d_step { drain(me) }
#endif

/* The futex on a cursor, where only the peer sleeps. The kernel compares and enqueues in one step, and what a side
 * stored before it calls to wake is in memory then (T5). */

bool asleep[2];

inline futex_wait(word) {
    atomic {
        if
#ifdef WITHOUT_COMPARISON
        :: true -> asleep[me] = true
#else
        :: load(CURSOR(peer)) == word -> asleep[me] = true
        :: else
#endif
        fi
    }
}

inline futex_wake() {
    d_step {
#ifndef WITHOUT_BARRIER_IN_WAKE
        drain(me);
#endif
        asleep[peer] = false
    }
}

/* The sides. One step is one access to memory, with what a side settles by itself before and after it. What a side saw
 * earlier is not kept: it counts only where it suffices, and there another look would show no less. */

byte position[2];
byte target[2];
bool found[2];        /* It holds what its call needs, and is about to publish. */
bool announced[2];    /* It has announced its target, and made the heavy fence. */
bool calls[2] = true; /* It has neither left nor gone to rest. */

/* A call that does not find its target, in the word that it has loaded, spins, gives up, or sleeps. */
inline decide() {
    atomic {
        if
#ifdef WITHOUT_TARGET
        :: true -> found[me] = true; goto moves_on
#endif
        :: REACHES(POSITION(word), target[me]) -> found[me] = true; goto moves_on
        :: else
        fi;
        if
        :: CLOSED(word) -> goto leaves
        :: else -> word = 0
        fi;
        if
        :: goto looks
        :: goto next_call
        :: goto sleeps
        fi
    }
}

/* A call has announced nothing when it begins. */
#ifdef WITHOUT_ANNOUNCING_ANEW
#define announces_anew() skip
#else
#define announces_anew() announced[me] = false
#endif

inline sleep() {
    assert(!asleep[me]);
    if
    :: announced[me]
    :: else ->
S1:     store(WAKE_AT(me), OPEN(target[me]));
S2:     heavy_fence();
        announced[me] = true
    fi;
S3: atomic {
        word = load(CURSOR(peer));
        if
#ifndef WITHOUT_SECOND_LOOK
        :: CLOSED(word) || REACHES(POSITION(word), target[me]) -> word = 0; goto looks
#endif
        :: else
        fi
    };
S4: futex_wait(word);
S5: do
    :: !asleep[me] -> break
#if defined(NAPS) || defined(SPURIOUS)
    :: asleep[me] -> asleep[me] = false
#endif
#ifdef SPURIOUS
    :: asleep[me] -> skip
#endif
    od;
    word = 0
}

inline publish() {
    assert(found[me]);
W1: atomic {
        nfull(buffer[me]);
        position[me] = AFTER(position[me], size);
        target[me] = 0;
        found[me] = false;
        store(CURSOR(me), OPEN(position[me]))
    };
W2: atomic {
        light_fence();
W3:     if
        :: FIRST_REACHES(position[me], POSITION(load(WAKE_AT(peer))), AFTER(position[me], -size)) -> size = 0
        :: else -> size = 0; goto next_call
        fi
    };
#ifndef WITHOUT_WAKE
W4: futex_wake();
#endif
    goto next_call
}

inline close(nothing_seen) {
    calls[me] = false;
C1: store(WAKE_AT(me), LEFT(nothing_seen));
C2: store(CURSOR(me), LEFT(position[me]));
#ifndef WITHOUT_WAKE_ON_CLOSE
C3: futex_wake()
#endif
}

inline rest() {
    calls[me] = false;
    do
    :: !calls[me]
    od
}

/* The assertions of the two sides say that neither touches a granule that is the other's. As each goes through the
 * positions one by one, this is order and no overrun; that the bytes are right is loom's to show. */

active proctype writer()
{
    byte size, word;

next_call:
    atomic {
        if
        :: size = 1
        :: size = 2
        :: goto leaves
        :: goto rests
        fi;
        target[me] = AFTER(position[me], size - CAPACITY);
        announces_anew()
    };
looks:
L1: word = load(CURSOR(peer));
L2: atomic {
        if
        :: CLOSED(load(WAKE_AT(peer))) -> word = 0; goto leaves
        :: else
        fi;
        decide()
    };
sleeps:
    sleep();
    goto looks;
moves_on:
    word = 0;
    assert(SINCE(AFTER(position[me], size), position[peer]) <= CAPACITY);
    publish();
leaves:
    close(AFTER(position[me], -CAPACITY));
    goto done;
rests:
    rest();
done:
    skip
}

/* A reader goes by one granule or by all that it sees: how records divide the ring is left open. */
active proctype reader()
{
    byte size, word;

next_call:
    atomic {
        if
        :: target[me] = AFTER(position[me], 1)
        :: goto leaves
        :: goto rests
        fi;
        announces_anew()
    };
looks:
L1: atomic {
        word = load(CURSOR(peer));
        decide()
    };
sleeps:
    sleep();
    goto looks;
moves_on:
    atomic {
        if
        :: size = 1
        :: size = SINCE(POSITION(word), position[me])
        fi;
        word = 0
    };
    assert(size <= SINCE(position[peer], position[me]));
    publish();
leaves:
    close(position[me]);
    goto done;
rests:
    rest();
done:
    skip
}

/* A store buffer drains by itself, sooner or later: the writer's, the reader's. */
active [2] proctype store_buffer()
{
end:
    do
    :: d_step { drain_one(_pid - 2) }
    od
}

/* The properties. A message in the ring is the reader's next: that it is popped says so of all. What is
 * pushed and popped for ever is held up by no peer that rests or leaves. */

#define HAS_LEFT(side) CLOSED(memory[CURSOR(side)])
#define HAS_CAUSE(side) (HAS_LEFT(1 - side) || REACHES(POSITION(memory[CURSOR(1 - side)]), target[side]))
#define USED (POSITION(memory[CURSOR(WRITER)]) != position[READER])
#define EMPTY (POSITION(memory[CURSOR(READER)]) == position[WRITER])

ltl reader_wakes { [] ((asleep[READER] && HAS_CAUSE(READER)) -> <> !asleep[READER]) }
ltl writer_wakes { [] ((asleep[WRITER] && HAS_CAUSE(WRITER)) -> <> !asleep[WRITER]) }
ltl popped { [] (USED -> <> (found[READER] || !calls[READER])) }
ltl pushed { [] (EMPTY -> <> (found[WRITER] || !calls[WRITER])) }
ltl told { [] ((HAS_LEFT(WRITER) -> <> !calls[READER]) && (HAS_LEFT(READER) -> <> !calls[WRITER])) }
