//! What a view says of a ring in use.

use super::Mutant;

pub const MUTANTS: &[Mutant] = &[Mutant {
    name: "a view takes the cursors of two moments for those of one",
    breaks: "I17",
    file: "view/cursors.rs",
    piece: "        if later == cursors.reader {\n",
    broken: "        if later.position.reaches(cursors.reader.position) {\n",
    killer: "a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none",
    how: "bytes in use",
}];
