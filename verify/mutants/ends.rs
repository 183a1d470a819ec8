//! Ends of streams, and views that look on.

use super::Mutant;

pub const MUTANTS: &[Mutant] = &[
    // Ends.
    Mutant {
        name: "no room is left for the end",
        breaks: "I18",
        file: "protocol/producer.rs",
        piece: "let for_messages = capacity.bytes() - Record::END.size();",
        broken: "let for_messages = capacity.bytes();",
        killer: "programs_in_which_nobody_waits_do_what_a_queue_does",
        how: "more was pushed than there was space for",
    },
    Mutant {
        name: "a writer is let in without room for its end",
        breaks: "I18",
        file: "protocol/producer.rs",
        piece: "if !endpoint.has_seen(target) {",
        broken: "if false && !endpoint.has_seen(target) {",
        killer: "a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before",
        how: "there is no room",
    },
    Mutant {
        name: "a stream that ends has no end",
        breaks: "I18",
        file: "protocol/producer.rs",
        piece: "            self.endpoint.skip_to(self.endpoint.position().after(Record::END.size()));\n",
        broken: "",
        killer: "the_end_of_each_stream_comes_in_its_place",
        how: "deadlock",
    },
    Mutant {
        name: "a stream that is not whole has an end",
        breaks: "I18",
        file: "protocol/producer.rs",
        piece: "            // A batch that was forgotten may have left whole messages.\n            self.publish();",
        broken: "            self.write_header(Record::END);\n            \
                 self.endpoint.skip_to(self.endpoint.position().after(Record::END.size()));\n            \
                self.publish();",
        killer: "the_end_of_each_stream_comes_in_its_place",
        how: "left == right",
    },
    Mutant {
        name: "an end is taken when it is told",
        breaks: "I18",
        file: "protocol/consumer.rs",
        piece: "if self.stops_at(record) {\n",
        broken: "if self.stops_at(record) {\n            \
                self.endpoint.skip_to(position.after(record.size()));\n            \
                 self.endpoint.publish();\n",
        killer: "the_end_of_each_stream_comes_in_its_place",
        how: "left == right",
    },
    Mutant {
        name: "an end that is taken is not given back",
        breaks: "I18",
        file: "protocol/consumer.rs",
        piece: "            self.endpoint.begin_stream(position.after(Record::END.size()));\n            \
                self.endpoint.publish();",
        broken: "            self.endpoint.begin_stream(position.after(Record::END.size()));",
        killer: "a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before",
        how: "deadlock",
    },
    Mutant {
        name: "a batch goes on after an end",
        breaks: "I18",
        file: "protocol/consumer.rs",
        piece: "            Ok(record) if self.stops_at(record) => None,\n",
        broken: "",
        killer: "a_batch_ends_where_its_stream_does",
        how: "deadlock",
    },
    Mutant {
        name: "who stops at ends is told of CLOSED, too",
        breaks: "I18",
        file: "protocol/shared.rs",
        piece: " && !self.stops_at_ends\n",
        broken: "\n",
        killer: "the_end_of_each_stream_comes_in_its_place",
        how: "left == right",
    },
    // Looking on.
    Mutant {
        name: "attaching lets no view know that space is used again",
        breaks: "O18",
        file: "protocol/endpoint.rs",
        piece: "endpoint.seen = endpoint.load_peer()?;",
        broken: "endpoint.seen = endpoint.checked(endpoint.ring.peer.cursor.load(R::LOAD_PEER))?;",
        killer: "a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none",
        how: "left == right",
    },
    Mutant {
        name: "an end lets no view know that space is used again",
        breaks: "O18",
        file: "protocol/producer.rs",
        piece: "            fence(REUSE);\n",
        broken: "",
        killer: "a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none",
        how: "left == right",
    },
    Mutant {
        name: "a view gives out what may have been overwritten",
        breaks: "I17",
        file: "view/waiting.rs",
        piece: "_ if !was_there(self.ring, self.position) => {",
        broken: "_ if false && !was_there(self.ring, self.position) => {",
        killer: "a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none",
        how: "left == right",
    },
    Mutant {
        name: "messages are counted that may be gone",
        breaks: "I17",
        file: "protocol/tally.rs",
        piece: "if before_the_note && !still_there() {",
        broken: "if false && before_the_note && !still_there() {",
        killer: "a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none",
        how: "left == right",
    },
];
