//! # What ipc_ring relies on
//!
//! For auditors. Each entry says what must hold, where the code sees to it, and which check fails when it does not. A test
//! (`tests/traceability.rs`) fails when an identifier here is not cited in `src/`, when the code cites one that is not
//! here, and when a check named here does not exist.
//!
//! Words: a *side* is the writer or the reader; its *peer* is the other. A *position* counts bytes for ever, an *index* is
//! a place in the ring. A side's *window* is how far it may go without another thought: as far as it saw that its peer lets
//! it, and not past the end of the lap. The *heart* is `src/protocol`; the *facade* is
//! `src/atomics`, the *edge* is `src/file` and `src/sys`; what a user holds is `src/ring`. A *view* (`src/view`) has no part
//! in a ring and looks at it.
//!
//! ## Invariants
//!
//! | | what holds | where | checks |
//! | --- | --- | --- | --- |
//! | I0 | Every shared word has exactly one writer, which reads it back only when it attaches (but for the figures, which it counts up by a load and a store). What is no word, nor of the identity, is zero. There is no read-modify-write. | `words.rs`, `endpoint.rs`; `file/map.rs` maps each area writable for its owner alone | `each_side_may_write_only_what_it_owns`, `the_words_stand_where_the_map_says` |
//! | I1 | A capacity is a power of two from 64 to 2^31; a record's size is at most the capacity, and a message's a granule less (I18). | `position.rs`, `producer.rs` (`make_room`), `grant.rs` (`of`), `record.rs` | `a_capacity_is_a_power_of_two_from_64_bytes_to_2_gib_and_nothing_else`, `one_byte_more_than_the_maximum_is_too_large_at_once`, `a_capacity_is_a_power_of_two_from_64_bytes_to_2_gib_and_nothing_else`, `a_message_takes_its_header_and_the_fewest_granules_that_hold_it`, `a_push_succeeds_exactly_where_there_is_space_and_what_was_pushed_comes_out`, `programs_in_which_nobody_waits_do_what_a_queue_does`, `f07_a_capacity_that_no_ring_has_is_refused_before_anything_is_mapped_and_read_once`, `f30_the_empty_message_and_the_longest_pass_and_one_byte_more_is_too_large` |
//! | I2 | An access to the ring's bytes lies within the capacity: a record is contiguous, and starts at a multiple of 8. The window, within which a side goes on without another thought, ends where the lap does. | `endpoint.rs` (`window_from`), `producer.rs` (`reserve`), `consumer.rs` (`message_record`); asserted in the model arms of the facade, and in debug builds of the production arm | `padding_goes_to_the_end_of_the_lap_exactly_where_a_record_would_cross_it`, `f24_a_record_that_would_cross_the_end_is_refused_and_so_is_padding_that_does_not_reach_it`, `a_ring_does_what_a_queue_does`, `an_index_is_what_is_behind_a_position_in_its_lap_and_the_way_to_the_end_what_is_before_it`, `padding_goes_to_the_end_of_the_lap_exactly_where_a_record_would_cross_it`, `a_push_succeeds_exactly_where_there_is_space_and_what_was_pushed_comes_out`, `a_reader_survives_a_writer_that_stores_what_it_likes`, `messages_behind_padding_come_out_as_they_went_in`, `messages_of_all_shapes_come_out_as_they_went_in`, `a_reader_of_batches_survives_a_writer_that_stores_what_it_likes`, `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | I3 | A side has one holder. The writer touches only bytes from its cursor up to the reader's cursor plus the capacity; the reader only bytes from its own cursor up to the writer's. No byte is touched by both at once. The window ends no later than what the peer was seen to allow, and is shut when the peer fails a check. | `endpoint.rs` (`window_from`, `fail`), `producer.rs` (`short_of`, `payload`), `consumer.rs` (`message_record`, `release`); `file/locks.rs`, `file/open.rs` (the lock) | `bytes_are_reused_only_after_they_were_read`, `messages_of_all_shapes_come_out_as_they_went_in`, `messages_behind_padding_come_out_as_they_went_in`, `a_message_as_large_as_the_ring_gets_through_behind_its_padding`, `small_and_large_messages_get_through_in_turn`, `programs_in_which_nobody_waits_do_what_a_queue_does`, `f29_a_second_writer_or_reader_in_the_same_process_is_busy`, `a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was`, `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read`, `what_is_committed_of_a_grant_comes_out_and_nothing_else`, `f35_a_handle_goes_on_in_another_thread_where_it_stood`, `f44_a_side_that_nobody_has_can_be_taken_beside_a_removal_that_finds_the_other_one_held`, `f44_whoever_comes_beside_a_removal_that_gives_up_looks_again_and_no_view_takes_it_for_a_side` |
//! | I4 | Mapped memory is aligned, of the size its header states, and mapped for as long as a handle uses it. | `file/identity.rs`, `file/open.rs`, `file/map.rs`, `file/viewed.rs`, `atomics/std.rs` (`Shared`, `Bytes`) | `opening_what_is_no_ring_says_what_is_wrong`, `f08_a_ring_of_another_version_byte_order_or_word_size_is_incompatible_and_both_are_named`, `f06_a_file_that_is_shorter_or_longer_than_its_header_says_is_refused`, `f09_a_link_a_pipe_a_device_a_socket_and_a_directory_are_refused_and_never_block`, `f10_a_group_can_be_given_by_its_name_if_there_is_one_of_it`, `f10_a_ring_can_be_given_to_a_group_and_only_to_one_of_its_creators`, `f10_a_ring_is_for_its_owner_alone_or_as_the_options_say_whatever_the_umask`, `f10_a_ring_that_others_made_or_may_change_is_untrusted_unless_that_is_allowed`, `f10_memory_that_is_not_sealed_is_untrusted_unless_that_is_allowed`, `f11_a_filesystem_behind_which_a_program_stands_is_refused_by_name`, `f12_a_full_filesystem_is_an_error_of_create_and_never_a_signal_later`, `f28_a_child_that_inherits_sealed_memory_is_the_other_side_and_its_death_is_noticed`, `f28_a_file_that_is_truncated_while_it_is_mapped_kills_who_touches_it_as_is_documented`, `f28_a_hole_that_is_punched_into_a_ring_is_no_signal_but_a_record_that_is_none`, `f28_sealed_memory_cannot_be_truncated_by_anybody`, `f40_a_user_that_the_namespace_does_not_know_owns_nothing`, `f40_where_the_number_of_the_unknown_is_mapped_it_is_a_user_like_any_other`, `a_ring_of_a_machine_with_pages_of_another_size_is_looked_at_and_removed_but_not_used`, `f08_a_reserved_byte_that_is_not_zero_is_named_with_where_it_stands`, `f47_a_container_with_a_boot_of_its_own_uses_the_rings_of_its_host_where_that_is_allowed`, `f47_a_ring_of_another_boot_is_looked_at_and_removed_without_leave`, `f47_a_ring_of_another_boot_is_not_used_unless_that_is_allowed`, `f47_memory_of_another_boot_is_not_used_unless_that_is_allowed`, `f47_where_either_boot_is_not_known_nothing_is_refused` |
//! | I5 | While a side sleeps, its peer's cursor moves by at most the capacity, less than 2^32: the kernel's 32-bit comparison cannot miss a change. | `layout.rs` (`MAX_CAPACITY`), `wait.rs` | `a_capacity_is_a_power_of_two_from_64_bytes_to_2_gib_and_nothing_else`, `both_sides_asleep_in_turn_are_woken`, `sides_that_sleep_at_every_message_are_woken_at_every_message`, `programs_in_which_sides_wait_for_each_other_do_what_a_queue_does` |
//! | I6 | A value that a peer stored is loaded once and checked on the copy before use; a failed check stays, also where a batch is left or committed after it. A header is loaded once a pass, and again if its record is passed again. | `endpoint.rs` (`look`, `fail`, `go_to`), `consumer.rs` (`message_record`) | `f22_a_writers_cursor_that_cannot_be_is_refused`, `f22_a_writers_cursor_that_goes_back_is_refused`, `f24_a_record_that_cannot_be_is_refused`, `f22_a_readers_cursor_that_cannot_be_is_refused`, `f25_endless_padding_is_refused_at_once`, `f24_a_record_that_would_cross_the_end_is_refused_and_so_is_padding_that_does_not_reach_it`, `a_peers_cursor_is_believed_exactly_between_where_it_was_seen_and_the_farthest_it_may_be`, `a_header_is_believed_exactly_if_its_record_was_published_and_lies_in_one_lap`, `a_reader_survives_a_writer_that_stores_what_it_likes`, `a_writer_survives_a_reader_that_stores_what_it_likes`, `a_reader_asleep_survives_a_writer_that_stores_what_it_likes`, `a_reader_of_batches_survives_a_writer_that_stores_what_it_likes`, `a_writer_of_batches_survives_a_reader_that_stores_what_it_likes`, `f23_a_length_that_changes_after_the_check_is_the_one_that_was_checked`, `f24_no_more_is_allocated_than_the_ring_is_large`, `f26_a_payload_that_changes_while_it_is_read_is_copied_out_first_and_stays_as_it_was_copied` |
//! | I7 | A message becomes visible by one store, that of the cursor, which may make others visible with it; a crash before it leaves nothing, after it the whole. | `producer.rs` (`append`, `commit`), `endpoint.rs` (`publish`) | `messages_of_all_shapes_come_out_as_they_went_in`, `f19_a_reader_drains_and_then_learns_that_the_writer_was_killed`, `messages_come_from_another_process_in_order`, `messages_go_to_another_process_in_order`, `two_processes_of_which_neither_waits_do_what_a_queue_does`, `two_processes_that_wait_for_each_other_do_what_a_queue_does`, `a_writer_that_dies_leaves_what_it_published_wherever_it_was`, `a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it`, `a_writer_that_dies_in_a_grant_leaves_nothing_of_it`, `f14_a_writer_that_dies_while_copying_leaves_nothing_of_the_message` |
//! | I8 | A ring has its name only once it is whole, and its writer holds its lock. | `file/create.rs`, `sys/draft.rs` | `create_on_an_existing_path_fails_and_leaves_it_untouched`, `a_ring_that_cannot_be_created_leaves_nothing_behind`, `f01_whoever_sees_a_ring_being_created_sees_the_whole_of_it`, `a_draft_with_a_temporary_name_gets_its_path_only_if_nothing_is_there`, `f01_a_reader_for_whom_no_ring_is_created_is_told_at_its_deadline`, `f01_a_reader_that_comes_first_waits_until_the_ring_is_created_by_another_process`, `f01_a_reader_that_waits_for_a_ring_is_told_at_once_of_what_is_none`, `f02_a_creator_that_is_killed_half_way_leaves_no_name_and_the_next_one_creates_the_ring`, `f03_of_two_creators_one_wins_and_the_other_is_told_and_can_open_the_ring`, `f13_too_few_descriptors_too_few_addresses_and_a_limit_of_file_sizes_are_errors`, `f43_a_ring_beyond_the_limit_of_memory_kills_its_creator_and_one_within_is_charged_until_it_is_removed`, `f45_a_ring_is_created_where_proc_is_hidden`, `f45_space_that_cannot_be_allocated_is_written`, `f45_where_one_way_to_name_a_ring_is_refused_another_is_gone`, `f13_whatever_the_system_refuses_is_the_error_and_leaves_nothing_behind`, `f13_a_ring_gets_an_id_also_where_getrandom_is_refused` |
//! | I9 | A side that leaves or dies is missed, whether its peer sleeps or not, and a successor goes on where it stood. Where none can find the ring, nobody waits for one. Only a writer whose stream is whole says that it has ended: one that is abandoned, or dropped by a panic, is missed as one that died. | `endpoint.rs` (`close`, `attach`), `producer.rs` (`drop`), `wait.rs` (`a_while`), `sys/lock.rs`, `sys/name.rs` | `a_reader_drains_and_then_learns_that_the_writer_left`, `a_writer_learns_that_the_reader_left`, `a_successor_of_the_writer_goes_on`, `a_reader_that_awaits_successors_is_told_of_no_end`, `a_writer_that_awaits_successors_is_told_of_no_end`, `a_successor_of_a_dead_reader_goes_on`, `f19_a_writer_with_no_space_learns_that_the_reader_was_killed`, `f19_a_peer_that_has_not_come_yet_is_waited_for`, `f19_a_writer_that_is_stopped_is_not_gone`, `a_reader_asleep_in_another_process_is_woken_by_a_message_and_by_the_end`, `a_side_that_was_left_can_be_taken_while_other_threads_start_processes`, `a_ring_in_a_file_does_what_a_queue_does`, `two_processes_in_lockstep_do_what_a_queue_does`, `a_writer_that_dies_leaves_what_it_published_wherever_it_was`, `a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was`, `a_reader_has_all_messages_before_it_learns_that_their_writer_died`, `a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it`, `a_reader_that_dies_in_a_batch_leaves_all_of_it`, `f04_a_reader_that_awaits_successors_outlives_writers_that_are_killed_and_that_leave`, `f04_a_ring_whose_sides_are_both_dead_is_resumed_and_never_created_anew`, `f04_a_writer_that_awaits_successors_fills_the_ring_and_outlives_readers_that_are_killed_and_that_leave`, `f05_whoever_opens_a_ring_that_is_replaced_meanwhile_is_told`, `f16_a_writer_that_dies_between_commit_and_wake_does_not_leave_the_reader_asleep`, `f18_a_reader_that_dies_between_its_cursor_and_the_wake_does_not_leave_the_writer_asleep`, `f19_a_side_that_awaits_no_successor_is_told_of_the_end_and_goes_on_with_the_next_peer`, `f19_a_side_that_waits_learns_of_a_death_within_60_milliseconds`, `f20_when_both_die_nothing_is_lost_and_nothing_comes_twice_whoever_comes_back_first`, `f33_sides_that_are_the_same_number_in_two_namespaces_are_told_apart_and_their_deaths_noticed`, `f41_a_look_for_the_name_that_fails_says_nothing`, `f41_a_peer_that_lives_is_waited_for_though_the_ring_has_no_name_and_its_death_is_told_as_ever`, `f41_a_reader_that_waits_is_told_that_the_ring_lost_its_name_after_all_messages_and_goes_on_when_it_is_back`, `f41_a_ring_in_sealed_memory_never_had_a_name_to_lose`, `f41_a_ring_is_still_named_where_its_directory_is_moved_or_the_process_goes_elsewhere`, `f41_a_writer_that_waits_is_told_that_the_ring_lost_its_name_also_where_no_reader_ever_came`, `f35_a_handle_that_is_dropped_while_the_peer_sleeps_tells_it`, `a_reader_drains_and_then_learns_whether_the_stream_has_ended`, `f37_a_process_that_outlives_the_panic_of_a_thread_does_not_pass_its_half_for_the_whole`, `f37_a_reader_asleep_takes_no_part_of_a_stream_for_the_whole`, `f37_a_stream_of_bytes_ends_only_where_it_is_whole`, `f37_a_stream_of_bytes_whose_last_write_or_flush_failed_is_not_whole`, `f37_a_writer_that_is_made_and_dropped_in_a_panic_ends_nothing`, `f37_a_writer_that_was_lent_to_a_stream_that_lost_bytes_ends_the_stream_only_if_it_is_told_to` |
//! | I10 | A call that times out has no effect, but for padding that may go ahead alone; a sleep that ends without its target leaves nothing to take back, and the next sleep is woken. | `wait.rs` (`a_while`, `sleep`) | `a_reader_that_times_out_is_woken_at_its_next_sleep`, `a_writer_that_times_out_is_woken_at_its_next_sleep`, `a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next`, `f27_the_deadline_of_a_sleeper_holds_in_a_storm_of_wakes`, `f32_a_deadline_holds_in_a_storm_of_signals`, `f32_a_large_ring_is_created_in_a_storm_of_signals`, `f32_messages_pass_in_a_storm_of_signals`, `f32_sleeps_are_relative_and_monotonic_and_f34_futexes_are_shared` |
//! | I11 | No wake is lost: the store that takes a side to what its peer sleeps for wakes the peer, or the peer did not fall asleep. So it is whoever else sleeps on the same word, as anybody can who may read the file: a wake is for all who do. A side makes at most one for each announcement of its peer, and none without. | `wait.rs` (`sleep`, `wake`), `endpoint.rs` (`publish`), `sys/linux.rs` and `sys/macos.rs` (`wake`) | `a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word`, `f38_a_reader_asleep_is_woken_by_a_message_and_by_the_end_though_others_sleep_where_it_does`, `f38_a_writer_asleep_is_woken_by_space_and_by_the_end_though_others_sleep_where_it_does`, `a_reader_asleep_is_woken`, `a_writer_asleep_is_woken`, `both_sides_asleep_in_turn_are_woken`, `sides_that_sleep_at_every_message_are_woken_at_every_message`, `programs_in_which_sides_wait_for_each_other_do_what_a_queue_does`, `a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for`, `f17_a_reader_that_dies_asleep_costs_its_writer_one_wake_too_many_and_nothing_else`, `f27_a_peer_that_pins_its_announcement_costs_a_wake_a_push_at_most`, `f34_a_side_asleep_in_another_process_is_woken_and_does_not_sleep_out_its_nap` |
//! | I12 | What was pushed comes out as it went in, in order, and padding does not: it fills the rest of a lap that a record would leave, goes with the record where both fit the ring, and ahead of it where they do not. What a dropped grant leaves of it is published before its writer waits. | `producer.rs` (`short_of`, `make_room`), `consumer.rs` (`pass_by`) | `messages_of_all_shapes_come_out_as_they_went_in`, `messages_behind_padding_come_out_as_they_went_in`, `a_message_as_large_as_the_ring_gets_through_behind_its_padding`, `small_and_large_messages_get_through_in_turn`, `a_ring_does_what_a_queue_does`, `programs_in_which_nobody_waits_do_what_a_queue_does`, `sides_that_wait_awake_pass_on_everything`, `a_message_as_large_as_the_ring_gets_through_behind_a_grant_that_was_dropped`, `a_batch_larger_than_the_ring_gets_through`, `f15_a_writer_that_dies_between_padding_and_message_is_succeeded_where_its_cursor_stands` |
//! | I13 | What is pushed into a batch is published together, in order: when it ends, when `publish` is called, and where its writer finds no space in what it last saw, before it looks and waits, so that nothing is withheld from a reader that may have to make it. What a batch that is forgotten held goes with the next publication, at the latest when its writer goes. | `batch.rs` (`WriteBatch`), `producer.rs` (`make_room`, `publish`, `drop`), `endpoint.rs` (`close`) | `a_batch_is_published_as_one`, `a_batch_larger_than_the_ring_gets_through`, `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read`, `a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it`, `a_reader_drains_and_then_learns_whether_the_stream_has_ended`, `f37_what_a_batch_that_was_forgotten_left_is_in_the_ring_when_its_writer_goes` |
//! | I14 | What is read in a batch is released by its commit alone, together, padding within it included: all that was iterated over, or up to the end of one message of that. However else the batch ends, nothing is, and all of it comes again: by a drop, a panic, a forget, its reader's death, or a position at which no such message ends. No message is in use once it is released. | `batch.rs` (`ReadBatch`), `consumer.rs` (`step`, `release`, `release_through`), `endpoint.rs` (`move_by`) | `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read`, `a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for`, `a_batch_that_is_not_committed_gives_nothing_back_and_comes_again`, `a_batch_that_is_committed_in_part_gives_that_part_back_and_the_rest_comes_again`, `a_reader_that_dies_in_a_batch_leaves_all_of_it`, `f18_what_a_reader_had_not_committed_when_it_died_is_delivered_again`, `f35_what_is_dropped_during_unwinding_publishes_whole_messages_and_releases_none`, `f37_a_batch_that_is_not_committed_releases_nothing_however_it_is_left`, `f37_a_log_that_fails_loses_no_event`, `f37_a_position_at_which_no_message_of_the_batch_ends_releases_nothing` |
//! | I15 | Of a grant exactly what is committed becomes a message; of one that is dropped, or whose writer dies, nothing does. | `grant.rs`, `producer.rs` (`payload`, `commit`) | `what_is_committed_of_a_grant_comes_out_and_nothing_else`, `a_message_as_large_as_the_ring_gets_through_behind_a_grant_that_was_dropped`, `a_writer_that_dies_in_a_grant_leaves_nothing_of_it`, `f21_what_lies_in_the_ring_beyond_the_cursor_is_never_read` |
//! | I16 | A forked child has nothing of its parent's rings: neither their locks nor their memory. What it calls on a handle that it inherited fails as `Forked`, and reaches nobody. A fork and the taking of a ring keep apart: each descriptor comes and goes together with its note, and the lock of a side comes together with its mappings, inside a gate that a fork enters too. Inside it are system calls and stores alone, and no handler of a signal, so nobody hangs on it. | `sys/fork/mod.rs`, `sys/signals.rs`, `sys/fork/gate.rs`; `file/map.rs`, `file/removal.rs`, `sys/lock.rs`, `endpoint.rs` (`fail`, `failed`) | `f31_a_child_that_is_forked_with_an_open_end_is_told_so_and_keeps_no_lock`, `f36_a_child_that_is_forked_at_any_system_call_of_another_thread_has_no_part_of_its_ring`, `f36_no_child_of_a_process_that_opens_and_drops_a_ring_all_the_time_has_its_descriptor`, `f36_a_writer_that_is_killed_after_forks_during_its_create_is_gone_though_its_children_live`, `f36_a_users_lock_that_is_taken_before_each_fork_and_around_each_create_hangs_nobody`, `f36_a_handle_that_a_users_handler_drops_in_the_child_stays_its_parents`, `f36_a_handler_forks_outside_the_gate_and_hangs_nobody_and_its_child_shares_nothing`, `f36_a_signal_that_ends_a_program_ends_it_inside_the_gate_too`, `f36_a_sandbox_that_handles_system_calls_by_signals_handles_those_inside_the_gate_too`, `f36_a_child_that_may_not_have_as_much_memory_as_a_ring_keeps_its_own_when_it_drops_the_handle`, `f36_a_handle_that_a_child_without_handlers_drops_stays_its_parents`, `f36_handlers_that_were_registered_before_the_librarys_hang_nobody_and_take_no_lock_in_the_child`, `f36_nothing_is_allocated_or_given_back_while_a_fork_may_wait_for_it` |
//! | I17 | A view takes no lock and maps nothing for writing, so no side can notice it. What it reads lies within its mappings, whatever the file holds. It gives out a message only if it copied the message before the writer overwrote its place, and a count only if the same is true of the records that it counted. It tells by the reader's cursor, at which it looks after it has read: as long as the reader has not passed a place, the writer does not overwrite it. O18 and O19 keep it from seeing a cursor that is older than the bytes that it read. | `src/view` (`cursors`), `view/waiting.rs` (`copy_of`), `view/cursors.rs` (`was_there`), `tally.rs` (`messages_at`), `endpoint.rs` (`see`), `file/viewed.rs` | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none`, `a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none`, `a_view_maps_everything_for_reading_and_changes_nothing`, `a_view_survives_whatever_the_file_holds`, `a_view_of_a_ring_in_use_shows_each_message_as_it_was_pushed_or_not_at_all`, `messages_are_counted_up_to_where_a_side_was_seen_or_not_at_all_while_the_ring_is_in_use`, `whether_records_are_still_there_is_asked_of_those_before_the_note_alone`, `what_waits_is_shown_in_order_and_stays` |
//! | I18 | The end of a stream is a record in its place after the messages, published by the store that says that its writer has left; a stream that is not whole has none. It stays when a successor attaches. Who stops at ends comes to each, and passes none before it is taken, by one store of the reader's cursor. There is always room for it: a writer leaves a granule free at each reservation, and takes its side only where there is one, so that to leave never waits. | `producer.rs` (`take`, `short_of`, `drop`), `endpoint.rs` (`window_from`), `consumer.rs` (`pass_by`, `take_end`), `record.rs` | `the_end_of_each_stream_comes_in_its_place`, `an_end_outlives_the_writer_that_comes_after_it_and_dies`, `an_end_comes_again_until_it_is_taken`, `a_batch_ends_where_its_stream_does`, `a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before`, `a_writer_is_taken_exactly_where_there_is_room_for_the_end_of_its_stream`, `a_push_succeeds_exactly_where_there_is_space_and_what_was_pushed_comes_out`, `a_header_is_believed_exactly_if_its_record_was_published_and_lies_in_one_lap`, `a_ring_does_what_a_queue_does`, `a_reader_drains_and_then_learns_whether_the_stream_has_ended`, `programs_in_which_nobody_waits_do_what_a_queue_does`, `f48_a_child_that_drops_its_parents_handles_ends_no_stream_and_takes_no_end`, `f48_a_reader_that_stops_at_ends_is_told_of_a_death_in_the_midst_of_a_stream_alone`, `f48_a_reader_that_waits_for_the_next_stream_is_told_that_the_ring_lost_its_name`, `f48_a_receiver_that_is_killed_before_it_took_an_end_leaves_it_and_after_that_has_taken_it`, `f48_a_ring_is_drained_when_its_last_end_was_taken`, `f48_a_sender_for_whose_end_there_is_no_room_is_told_and_stores_nothing`, `f48_a_sender_that_is_killed_or_gives_up_ends_nothing_and_takes_no_end_of_another`, `f48_a_sender_that_waits_for_room_gives_up_at_its_deadline_and_where_nobody_will_make_any`, `f48_a_sender_that_waits_for_room_is_woken_by_a_receiver_that_takes_an_end`, `f48_an_end_finds_room_behind_as_many_messages_as_there_can_be`, `f48_an_end_is_taken_where_it_was_told_and_at_no_other_place`, `f48_each_end_goes_to_one_receiver_in_its_place_whatever_the_next_sender_does`, `f48_ends_are_no_messages`, `f48_iterators_and_streams_of_bytes_end_at_an_end_and_go_on_when_it_is_taken`, `f48_no_batch_goes_past_an_end_at_which_its_reader_stops_and_one_of_another_reader_does`, `f48_senders_that_leave_before_anybody_sees_an_end_leave_one_each` |
//!
//! ## Ordering edges
//!
//! Defined in `src/atomics/order.rs`, each with its partner. "Caught by" names models of loom. `cargo xtask weaken` weakens
//! each edge in turn, a store or a load to `Relaxed`, a fence to `AcqRel` where that is weaker and to none at all, and runs
//! every model: a named one has to fail each time. A `Relaxed` edge has nothing weaker; it is broken in other ways (below).
//!
//! | | edge | ordering | pairs with | caught by |
//! | --- | --- | --- | --- | --- |
//! | O1 | PUBLISH: the writer stores its cursor, also when it attaches or leaves | Release | O2 | `messages_of_all_shapes_come_out_as_they_went_in`; at leaving alone: `a_successor_publishes_and_resumes_without_the_help_of_a_fence` (at attaching, the fence O18 comes before it); in place: `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | O2 | OBSERVE: the reader loads the writer's cursor; a view loads both | Acquire | O1 | `messages_of_all_shapes_come_out_as_they_went_in`; in place: `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | O3 | RELEASE: the reader stores its cursor, also when it attaches or leaves | Release | O4 | `bytes_are_reused_only_after_they_were_read`; at attaching alone: `a_successor_of_the_reader_gives_space_back_without_the_help_of_a_fence`; in place: `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | O4 | RECLAIM: the writer loads the reader's cursor | Acquire | O3 | `bytes_are_reused_only_after_they_were_read`; in place: `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | O5 | WRITER_WAKES: light fence between O1 and O10 | SeqCst | O6 | `a_reader_asleep_is_woken` |
//! | O6 | READER_SLEEPS: heavy fence between O9 and O11 | SeqCst | O5 | `a_reader_asleep_is_woken` |
//! | O7 | READER_WAKES: light fence between O3 and O10 | SeqCst | O8 | `a_writer_asleep_is_woken` |
//! | O8 | WRITER_SLEEPS: heavy fence between O9 and O11 | SeqCst | O7 | `a_writer_asleep_is_woken` |
//! | O9 | ANNOUNCE: a side stores `wake_at` | Relaxed | O10, through the fences | weaker there is none; late or not at all: `a_reader_asleep_is_woken`, `a_writer_asleep_is_woken` |
//! | O10 | HEED: a side loads its peer's `wake_at` | Relaxed | O9, through the fences | weaker there is none; tested wrongly: `a_reader_asleep_is_woken` |
//! | O11 | LOOK_AGAIN: a side loads its peer's cursor before it sleeps | Relaxed | O1 or O3, through the fences | weaker there is none; left out: `a_reader_asleep_is_woken`, `a_writer_asleep_is_woken`; without the end: `a_writer_learns_that_the_reader_left` |
//! | O12 | HAS_LEFT: the writer looks for the reader's CLOSED before a push | Relaxed | the `wake_at` that a leaving side stores | weaker there is none; left out: `a_writer_with_space_learns_that_the_reader_left` |
//! | O13 | RESUME: a side loads its own words when it attaches | Relaxed | T3 | weaker there is none; resumed elsewhere: `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | O14 | EPOCH: the count of attaches | Relaxed | none | weaker there is none; not counted: `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | O15 | GLANCE: the peer's cursor, for `used_bytes` and its like; `wake_at`, for a view | Relaxed | none | nothing depends on it: a figure that was true a moment ago |
//! | O18 | REUSE: the writer's fence after O4, before it overwrites what the reader gave back; another before it writes an end, for whoever drops it may be another thread | Release | O19 | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none`, `a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none`; at attaching alone: `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none` |
//! | O19 | STILL_THERE: a view's fence after its copy, before it looks at the reader's cursor | Acquire | O18 | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none` |
//! | O20 | NOTE: the writer's fence before it counts a note of its messages, and after | Release | O21 | `a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none` |
//! | O21 | READ_NOTE: the fence of whoever counts messages, between the number of a note and the note, and between the records and that number again | Acquire | O20 | `a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none` |
//! | O16 | LET_GO: in the models, the kernel releases the lock of a side that died | Release | O17 | `a_reader_has_all_messages_before_it_learns_that_their_writer_died` |
//! | O17 | ASKED: in the models, the kernel says whether the peer's lock is held | Acquire | O16 | `a_reader_has_all_messages_before_it_learns_that_their_writer_died` |
//!
//! The figures for onlookers (`src/atomics/figure.rs`) are relaxed loads and stores, for no side depends on them. Where a
//! model has an onlooker they are words of the engine, and so are the bytes that it reads, a granule each; elsewhere they
//! are no steps of a model.
//!
//! ## Broken on purpose
//!
//! A check that cannot fail shows nothing. `cargo xtask weaken` breaks the protocol in one place at a time, in a copy of
//! the repository (`verify/mutants`): for each of these, the model named has to fail, and it is a check of the row that
//! breaks. I0, I4, I8 and I16 are about files and mappings, I5 about rings of gigabytes, which no model has.
//!
//! | what is broken | breaks | in | noticed by |
//! | --- | --- | --- | --- |
//! | a message may be a granule too long | I1 | `protocol/producer.rs` | `programs_in_which_nobody_waits_do_what_a_queue_does` |
//! | no padding at all | I2 | `protocol/position.rs` | `messages_behind_padding_come_out_as_they_went_in` |
//! | the index is not masked | I2 | `protocol/position.rs` | `messages_of_all_shapes_come_out_as_they_went_in` |
//! | lengths are rounded to 4 bytes | I2 | `protocol/record.rs` | `messages_of_all_shapes_come_out_as_they_went_in` |
//! | the window reaches past the end of the lap | I2 | `protocol/endpoint.rs` | `messages_behind_padding_come_out_as_they_went_in` |
//! | a batch that is released leaves the window where it was | I2 | `protocol/endpoint.rs` | `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | released before the copy out | I3 | `protocol/consumer.rs` | `bytes_are_reused_only_after_they_were_read` |
//! | space off by a granule | I3 | `protocol/producer.rs` | `programs_in_which_nobody_waits_do_what_a_queue_does` |
//! | a stale cached peer is never refreshed | I3 | `protocol/endpoint.rs` | `messages_of_all_shapes_come_out_as_they_went_in` |
//! | a verdict does not stay | I6 | `protocol/endpoint.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a cursor may be anywhere | I6 | `protocol/endpoint.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a reader's cursor may be anywhere | I6 | `protocol/endpoint.rs` | `a_writer_survives_a_reader_that_stores_what_it_likes` |
//! | a reader's cursor need not be aligned | I6 | `protocol/endpoint.rs` | `a_writer_survives_a_reader_that_stores_what_it_likes` |
//! | attaching believes what the peer stored | I6 | `protocol/endpoint.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a cursor need not be aligned | I6 | `protocol/words.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a record may be longer than what was published | I6 | `protocol/consumer.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a record may cross the end of the ring | I6 | `protocol/endpoint.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | padding may stand anywhere | I6 | `protocol/consumer.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a header is loaded twice | I6 | `protocol/consumer.rs` | `a_reader_survives_a_writer_that_stores_what_it_likes` |
//! | a failed check leaves the window open | I6 | `protocol/endpoint.rs` | `a_reader_of_batches_survives_a_writer_that_stores_what_it_likes` |
//! | a batch that is released brings back what a failed check took | I6 | `protocol/endpoint.rs` | `a_reader_of_batches_survives_a_writer_that_stores_what_it_likes` |
//! | a batch goes on behind a record that is none | I6 | `protocol/consumer.rs` | `a_reader_of_batches_survives_a_writer_that_stores_what_it_likes` |
//! | published before the copy | I7 | `protocol/producer.rs` | `messages_of_all_shapes_come_out_as_they_went_in` |
//! | no wake when the writer closes | I9 | `protocol/endpoint.rs` | `a_reader_drains_and_then_learns_that_the_writer_left` |
//! | no wake when the reader closes | I9 | `protocol/endpoint.rs` | `a_writer_learns_that_the_reader_left` |
//! | wakes before it has closed | I9 | `protocol/endpoint.rs` | `a_reader_drains_and_then_learns_that_the_writer_left` |
//! | CLOSED is lost from the cursor | I9 | `protocol/endpoint.rs` | `a_reader_drains_and_then_learns_that_the_writer_left` |
//! | a reader that awaits successors is told of an end | I9 | `protocol/shared.rs` | `a_reader_that_awaits_successors_is_told_of_no_end` |
//! | a writer that awaits successors is told of an end | I9 | `protocol/producer.rs` | `a_writer_that_awaits_successors_is_told_of_no_end` |
//! | CLOSED is not masked out of the position | I9 | `protocol/words.rs` | `a_reader_drains_and_then_learns_that_the_writer_left` |
//! | attaching leaves CLOSED in the cursor | I9 | `protocol/endpoint.rs` | `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | attaching leaves CLOSED in wake_at | I9 | `protocol/endpoint.rs` | `a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was` |
//! | nobody asks whether the peer lives | I9 | `protocol/wait.rs` | `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | a dead peer's last messages are not looked for | I9 | `protocol/wait.rs` | `a_reader_has_all_messages_before_it_learns_that_their_writer_died` |
//! | a panic closes | I9 | `protocol/producer.rs` | `a_reader_drains_and_then_learns_whether_the_stream_has_ended` |
//! | a writer that is abandoned closes | I9 | `protocol/producer.rs` | `a_reader_drains_and_then_learns_whether_the_stream_has_ended` |
//! | a writer that is finished does not close | I9 | `protocol/producer.rs` | `a_reader_drains_and_then_learns_whether_the_stream_has_ended` |
//! | a push that times out has moved on | I10 | `protocol/producer.rs` | `a_writer_that_times_out_is_woken_at_its_next_sleep` |
//! | no wake on push | I11 | `protocol/wait.rs` | `a_reader_asleep_is_woken` |
//! | no wake on pop | I11 | `protocol/wait.rs` | `a_writer_asleep_is_woken` |
//! | sleeps on its own word | I11 | `protocol/wait.rs` | `a_reader_asleep_is_woken` |
//! | wakes whether asked or not | I11 | `protocol/wait.rs` | `a_reader_asleep_is_woken` |
//! | wakes one of those who sleep | I11 | `atomics/futex.rs` | `a_side_asleep_is_woken_beside_others_who_sleep_on_the_same_word` |
//! | a batch wakes by its last granule alone | I11 | `protocol/endpoint.rs` | `a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for` |
//! | padding that goes ahead alone is not published | I12 | `protocol/producer.rs` | `a_message_as_large_as_the_ring_gets_through_behind_its_padding` |
//! | padding never goes ahead alone | I12 | `protocol/producer.rs` | `a_message_as_large_as_the_ring_gets_through_behind_its_padding` |
//! | padding is given back only with the next message | I12 | `protocol/consumer.rs` | `a_message_as_large_as_the_ring_gets_through_behind_its_padding` |
//! | padding counts as data | I12 | `protocol/consumer.rs` | `messages_behind_padding_come_out_as_they_went_in` |
//! | a batch publishes each message | I13 | `ring/batch.rs` | `a_batch_is_published_as_one` |
//! | a grant of a batch is published at once | I13 | `ring/batch.rs` | `a_batch_is_published_as_one` |
//! | a batch that is dropped is not published | I13 | `ring/batch.rs` | `a_batch_is_published_as_one` |
//! | a batch is not published where it is asked for | I13 | `ring/batch.rs` | `a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it` |
//! | a batch is withheld from the reader while its writer waits | I13 | `protocol/producer.rs` | `a_batch_larger_than_the_ring_gets_through` |
//! | a writer that dies has published its batch | I13 | `protocol/producer.rs` | `a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it` |
//! | a batch that is forgotten is lost with its writer | I13 | `protocol/endpoint.rs` | `a_reader_drains_and_then_learns_whether_the_stream_has_ended` |
//! | padding in a batch is given back before the batch | I14 | `protocol/consumer.rs` | `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | a batch gives back each message | I14 | `protocol/consumer.rs` | `batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read` |
//! | a batch is never given back | I14 | `protocol/consumer.rs` | `a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for` |
//! | a batch may have a message more | I14 | `ring/batch.rs` | `a_batch_that_is_not_committed_gives_nothing_back_and_comes_again` |
//! | a batch gives back a message when the next is asked for | I14 | `ring/batch.rs` | `a_reader_that_dies_in_a_batch_leaves_all_of_it` |
//! | drop releases | I14 | `ring/batch.rs` | `a_batch_that_is_not_committed_gives_nothing_back_and_comes_again` |
//! | a position in the midst of a message is one to release through | I14 | `protocol/consumer.rs` | `a_batch_that_is_not_committed_gives_nothing_back_and_comes_again` |
//! | a batch that is committed in part is given back whole | I14 | `protocol/consumer.rs` | `a_batch_that_is_committed_in_part_gives_that_part_back_and_the_rest_comes_again` |
//! | a batch that is not committed does not come again | I14 | `protocol/consumer.rs` | `a_batch_that_is_not_committed_gives_nothing_back_and_comes_again` |
//! | a grant is published before it is written | I15 | `ring/grant.rs` | `what_is_committed_of_a_grant_comes_out_and_nothing_else` |
//! | a grant that is dropped is a message | I15 | `ring/grant.rs` | `what_is_committed_of_a_grant_comes_out_and_nothing_else` |
//! | a grant is committed with all that was reserved | I15 | `ring/grant.rs` | `what_is_committed_of_a_grant_comes_out_and_nothing_else` |
//! | what is truncated of a grant is sent | I15 | `ring/grant.rs` | `what_is_committed_of_a_grant_comes_out_and_nothing_else` |
//! | a grant is written behind its place | I15 | `ring/grant.rs` | `a_writer_that_dies_in_a_grant_leaves_nothing_of_it` |
//! | a view gives out what may have been overwritten | I17 | `view/waiting.rs` | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none` |
//! | messages are counted that may be gone | I17 | `protocol/tally.rs` | `a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none` |
//! | no room is left for the end | I18 | `protocol/producer.rs` | `programs_in_which_nobody_waits_do_what_a_queue_does` |
//! | the window is a granule too wide | I18 | `protocol/endpoint.rs` | `programs_in_which_nobody_waits_do_what_a_queue_does` |
//! | a writer is let in without room for its end | I18 | `protocol/producer.rs` | `a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before` |
//! | a stream that ends has no end | I18 | `protocol/producer.rs` | `the_end_of_each_stream_comes_in_its_place` |
//! | a stream that is not whole has an end | I18 | `protocol/producer.rs` | `the_end_of_each_stream_comes_in_its_place` |
//! | an end is taken when it is told | I18 | `protocol/consumer.rs` | `the_end_of_each_stream_comes_in_its_place` |
//! | an end that is taken is not given back | I18 | `protocol/consumer.rs` | `a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before` |
//! | a batch goes on after an end | I18 | `protocol/consumer.rs` | `a_batch_ends_where_its_stream_does` |
//! | who stops at ends is told of CLOSED, too | I18 | `protocol/shared.rs` | `the_end_of_each_stream_comes_in_its_place` |
//! | attaching stores the cursor Relaxed | O3 | `protocol/endpoint.rs` | `a_successor_of_the_reader_gives_space_back_without_the_help_of_a_fence` |
//! | leaving stores the cursor Relaxed | O1 | `protocol/endpoint.rs` | `a_successor_publishes_and_resumes_without_the_help_of_a_fence` |
//! | announced a granule late | O9 | `protocol/wait.rs` | `a_reader_asleep_is_woken` |
//! | not announced | O9 | `protocol/wait.rs` | `a_writer_asleep_is_woken` |
//! | the crossing is tested from where the cursor is | O10 | `protocol/endpoint.rs` | `a_reader_asleep_is_woken` |
//! | reaching the target is not crossing it | O10 | `protocol/position.rs` | `a_reader_asleep_is_woken` |
//! | the writer sleeps without a second look | O11 | `protocol/wait.rs` | `a_writer_asleep_is_woken` |
//! | the reader sleeps without a second look | O11 | `protocol/wait.rs` | `a_reader_asleep_is_woken` |
//! | the second look does not see the end | O11 | `protocol/wait.rs` | `a_writer_learns_that_the_reader_left` |
//! | CLOSED is lost from wake_at | O12 | `protocol/endpoint.rs` | `a_writer_with_space_learns_that_the_reader_left` |
//! | CLOSED is not looked for | O12 | `protocol/producer.rs` | `a_writer_with_space_learns_that_the_reader_left` |
//! | CLOSED is not looked for where there is room | O12 | `protocol/producer.rs` | `a_writer_with_space_learns_that_the_reader_left` |
//! | attaching goes on a granule too far | O13 | `protocol/endpoint.rs` | `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | attaching is not counted | O14 | `protocol/endpoint.rs` | `a_writer_that_dies_leaves_what_it_published_wherever_it_was` |
//! | attaching lets no view know that space is used again | O18 | `protocol/endpoint.rs` | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none` |
//! | an end lets no view know that space is used again | O18 | `protocol/producer.rs` | `a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none` |
//!
//! ## Trust
//!
//! What is taken for granted, and what follows where it does not hold.
//!
//! | | assumption | if it fails | cited in |
//! | --- | --- | --- | --- |
//! | T1 | The peer keeps to the protocol for the payload: it does not write bytes of a record that it has published and that was not released. | Cursors, lengths and kinds are checked (I6), so memory safety does not depend on it: where a payload changes while it is copied out, by `pop` or `Message::copy_to`, the copy's contents are arbitrary. The copy is made by `memcpy` out of the compiler's sight (`atomics/copy.rs`), so to the compiler that is no data race. A batch holds its messages for longer than `pop` does, and each is copied when it is asked for. Who reads in place relies on T7. | `atomics/std.rs` |
//! | T2 | Nobody truncates the file or punches holes into it while it is mapped, and its filesystem keeps what it allocated: nobody takes that away by a clone or a snapshot, and what is below the filesystem has the space. Of sealed memory the kernel refuses the truncation: `f28_sealed_memory_cannot_be_truncated_by_anybody`. Filesystems that do not keep it are refused, unless `Trust::any_filesystem` allows them: `f39_a_ring_is_made_where_what_was_allocated_is_kept_and_nowhere_else_unless_that_is_allowed`, `f39_an_overlay_is_as_good_as_what_its_upper_directory_is_on_and_no_good_where_that_cannot_be_looked_at`, `f39_in_hugetlbfs_no_ring_can_be_and_no_option_allows_it`. | SIGBUS: `f28_a_file_that_is_truncated_while_it_is_mapped_kills_who_touches_it_as_is_documented`. The file is for its owner alone unless `RingOptions::create_mode` says otherwise. | `file/map.rs`, `sys/linux/filesystem.rs`, `sys/macos.rs` |
//! | T3 | The kernel's locks by open file description exclude a second writer and a second reader, are released when their holder's process dies, and order its last stores before its successor's first loads, and before the loads of a peer that was told that nobody holds the lock (O16, O17). Checked by `f29_a_side_that_another_process_holds_is_busy`. A child that libc's `fork` makes has no part in them (I16). A child of `_Fork` or a bare `clone`, in which no handlers run, keeps copies of the descriptors until it calls a slow path of a ring, drops a handle, runs a program or ends: until then its parent's death is not noticed, and its first touch of a ring's memory is a fault. So does one of `vfork`, and of `posix_spawn` until it runs its program. Before Linux 4.14, and on macOS, only the handlers see to a child, and those that were registered before this library was loaded run around its own. Nothing hangs: who enters the gate waits some 2 seconds for a fork at most, and a fork some 10 for the threads inside; where that is not enough, a child may keep a descriptor. A signal that is handled, and comes to a thread inside the gate, is handled when the thread has left it; faults (`SIGSYS` among them) are not put off. Where the handler of a fault forks there, the child must not go on with the call. Whoever may read the file can hold such a lock for reading, on a side that nobody holds: then the side cannot be taken, and the death of its last holder is not noticed (`f38_who_may_only_read_the_file_can_lock_a_side_as_is_documented`, `RingOptions::create_mode`). | Two writers would overwrite each other's records. | `endpoint.rs`, `order.rs` |
//! | T4 | `membarrier(GLOBAL_EXPEDITED)` and a compiler fence promise together what two `SeqCst` fences promise (C++ P1202 asks for such a pair; the kernel documents it). | A wake could be lost; the sleeper looks again after 50 ms. So it is where a sandbox refuses the call to a side that has attached already; one that refuses it before is an error of the attaching (`f42_a_side_that_may_not_use_the_fences_of_the_ring_is_told_which_it_may`, `f42_a_sandbox_that_is_entered_afterwards_costs_no_message`). | `sys/linux.rs`, `atomics/std.rs` |
//! | T5 | `FUTEX_WAIT` compares and enqueues atomically with respect to `FUTEX_WAKE`, through a read-only mapping too. It compares the low 32 bits of a word that is stored with 64: accesses of two sizes to one word, of which C11 says nothing, and which the processors order as if they were of one. | As T4. | `sys/linux.rs`, `sys/macos.rs` |
//! | T6 | 64-bit aligned loads and stores are not torn (64-bit, little-endian targets; others do not compile). | Cursors would be garbage, and refused (I6). | `sys/mod.rs` |
//! | T8 | What libc's `memcpy` stores past the caches, as glibc's does from 512 KiB on (x86-64), it ends with a fence. | A message of that size could be seen before its bytes: the store of the cursor orders ordinary stores. No stress run passes any. | `atomics/copy.rs` |
//! | T9 | The writer and the reader are allowed to write to all of the file: each maps what is its peer's for reading, which keeps out accidents, and not malice. That a peer can lie only about its own words is about what is believed of them, not about what a process can store. | A hostile peer that maps the rest for writing, too, can change words under their owner, which reads them back only when it attaches (I0), and is checked as a peer's are (I6); and bytes, of which T1 says what follows. | `words.rs` |
//! | T7 | Where a program asks for the bytes of a message where they stand (`unsafe`), it vouches for T1 itself: nobody stores to them while the slice is used but who has it. `Message::as_slice` asks it of the writer and of whoever else has the file mapped, the mutable slice of a `Grant` of whoever else has, and that no view looks at messages meanwhile, which may read where they were (I17). | Undefined behaviour: what the slice's type promises of its bytes is not so. Without these there is no such slice. | `message.rs`, `grant.rs`, `atomics/std.rs` |
//!
//! ## Liveness
//!
//! That what should happen does happen at last: loom explores runs that end, and cannot state it. `verify/spin/ring.pml` is
//! a model of the handshake whose runs go on for ever, and `cargo xtask spin` searches all of it. Provided that each side
//! and each store buffer that can go on does go on in the end (weak fairness), there hold without time-outs and without
//! naps:
//!
//! - *reader_wakes*, *writer_wakes*: a side that sleeps is woken when it has cause, which is a record for the reader, the
//!   space that it asked for for the writer, and a peer that has left for both. It does not matter whether the peer goes
//!   on, rests or leaves.
//! - *popped*: a message in the ring is popped, unless the reader leaves or calls no more. *pushed*: the same of space and
//!   the writer.
//! - *told*: a side whose peer has left learns of it, a reader after it has popped what was left.
//! - *safety*: neither side touches what is the other's, and the two are never stuck together.
//!
//! With two full fences, with production's (a compiler fence, and a barrier that drains both store buffers), and where the
//! kernel may end any sleep; and where sleeps end by themselves, no wake at all is needed. Each part is needed: the check
//! leaves it out, and must see the property fail.
//!
//! The model is not the code. Each of its steps is this line of it, which a test finds in the file:
//!
//! | step | in the model | file | in the code | left out |
//! | --- | --- | --- | --- | --- |
//! | L1 | a side looks whether its target is reached | `protocol/endpoint.rs` | `self.ring.peer.cursor.load(R::LOAD_PEER)` | `WITHOUT_TARGET` |
//! | L2 | the writer looks whether the reader has left | `protocol/producer.rs` | `if self.end.peer_has_left() {` | |
//! | S1 | it announces the target | `protocol/wait.rs` | `ring.own.wake_at.store(Mark::open(target).to_word(), ANNOUNCE)` | |
//! | S2 | heavy fence | `protocol/wait.rs` | `heavy_fence(ring.fences, R::SLEEPS)` | `WITHOUT_HEAVY_FENCE`, `WITHOUT_MEMBARRIER` |
//! | S3 | second look | `protocol/wait.rs` | `if !ring.ends_at(peer) && !peer.position.reaches(target)` | `WITHOUT_SECOND_LOOK` |
//! | S4 | the kernel compares and enqueues | `protocol/wait.rs` | `ring.peer.cursor.wait(word, timeout)` | `WITHOUT_COMPARISON` |
//! | S5 | asleep, until woken | `atomics/std.rs` | `sys::futex::wait(self.0.as_ptr(), expected, timeout)` | |
//! | W1 | a side stores its cursor | `protocol/endpoint.rs` | `self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR)` | |
//! | W2 | light fence | `protocol/wait.rs` | `light_fence(ring.fences, R::WAKES)` | `WITHOUT_LIGHT_FENCE` |
//! | W3 | did the store cross the peer's target? | `protocol/wait.rs` | `if to.first_reaches(target, from)` | `WITHOUT_CROSSING` |
//! | W4 | wake | `protocol/wait.rs` | `ring.own.cursor.wake()` | `WITHOUT_WAKE`, `WITHOUT_BARRIER_IN_WAKE` |
//! | C1 | a side that leaves says so in `wake_at` | `protocol/endpoint.rs` | `Mark::closed(self.nothing_seen().position).to_word(), ANNOUNCE` | |
//! | C2 | and in its cursor | `protocol/endpoint.rs` | `Mark::closed(self.position).to_word(), R::STORE_CURSOR` | |
//! | C3 | wake | `protocol/endpoint.rs` | `self.ring.own.cursor.wake()` | `WITHOUT_WAKE_ON_CLOSE`, `WITHOUT_BARRIER_IN_WAKE` |
//!
//! `WITHOUT_BARRIER_IN_WAKE` shows a promise of the kernel that T5 includes: a wake comes after the caller's earlier
//! stores. There is no fence between C2 and C3.
//!
//! What the model leaves out: who else sleeps on a word, which a wake for all makes no difference to; the bytes, and records that need padding (a side goes on by one granule or two); what a batch
//! holds back, which its writer publishes before it waits (I13) and its reader gives back before it looks again (I14); more
//! than two stores of a side that wait in its buffer at once, so that a third has to wait for the first; memory weaker than
//! store buffers (loom has C11's); who attaches, dies or breaks the protocol; and time, so that a call may give up at any
//! look.
//!
//! ## What is proved, within which bounds, and what is not
//!
//! In plain words. `cargo xtask verify` explores all of this, and ends with a table of how much that was.
//!
//! **Proved for every interleaving, as loom models C11, within the bounds that each file of `verify/loom` states.** The
//! code is the production code of the heart; only the facade's arm is loom's. With one to five messages, a ring of 64
//! bytes, either side's thread spawned first, and positions that start at 0 and just below the wraps of 2^32 and 2^64:
//!
//! - what was pushed comes out, in order, whether or not the ring wraps, fills up, or needs padding (I3, I7, I12);
//! - a batch of messages is published as one, or by what its writer has when it waits; a batch that is read is not written
//!   to before it is committed, and then given back as one, as far as the commit says; what is not committed comes again
//!   (I13, I14);
//! - of a grant exactly what is committed comes out, and one that is dropped holds nobody up (I15);
//! - a side that sleeps is woken by a message, by space, by a batch that goes past what it waits for, and by a peer that
//!   leaves; also after a time-out, and also where somebody else sleeps on the same word (I9, I10, I11);
//! - a view that looks on while a message is overwritten, by the writer or by its successor, gives out what was pushed or
//!   nothing, and counts it so (I17);
//! - the end of each stream comes in its place between the messages, also where the next writer has come, left or died
//!   since, and comes again until it is taken; a writer is let in where there is room for another, and woken when there is
//!   (I18);
//! - a side that dies before any one of its steps, while it takes over, pushes, pops, falls asleep, wakes or leaves, loses
//!   nothing that it had published; its peer learns of it, and a successor goes on (I7, I9). The same in the midst of a
//!   batch and of a grant: what a batch's writer had not published is gone, what its reader had not released comes again
//!   (I13, I14, I15). A side that dies before it has ever come is waited for, as one that has not come yet;
//! - a peer that stores lies into the words it owns (those that `verify/reference/src/bodies/hostile.rs` lists: positions near and far,
//!   lengths and kinds) makes nothing panic, read or write outside the ring, or change a verdict, whether messages are
//!   popped, peeked at, read in batches that are committed as a whole or in part, or pushed into one; nor does a successor
//!   that attaches believe it (I6);
//! - each of the orderings stronger than `Relaxed` is needed: weakened, it makes a named model fail.
//!
//! Some of these models are bounded by the number of preemptions, that is, of switches where the running thread could have
//! gone on: in CI by 0 to 4; by `cargo xtask verify --full`, which takes some hours, by 1 to 6, or not at all. Each
//! line of the output states its bound, and `verify/certificate.json` holds what was explored in either lane: the bound,
//! the number of executions, and the set of what happened in them (who slept, who woke whom, which case of the wrap). A run
//! fails that explores a tenth less or misses one of these (`a_certificate_that_is_not_reached_is_found_out`). Before the
//! first model runs, canaries make sure that the engine sees what it must: known outcomes of loads and stores with and
//! without fences, and small rings that are known to be wrong. CI's lane is certified whole: 3,862,302 executions under loom
//! and 40,500 under shuttle. The full one was last certified before streams had ends, and in part: 128,547,688 and 167,700
//! executions, of code and models that have changed since.
//!
//! **Proved for every case.** `cargo xtask arithmetic`: positions, indices, records, padding and space, with the production
//! types against whole numbers of 128 bits, for all capacities up to 512 bytes (up to 128 where every word of a hostile
//! peer is tried), all positions in two laps around 0, 2^32 and 2^64, all lengths.
//!
//! **Proved of a model, not of the code.** `cargo xtask spin`: that what should happen does happen in the end. See
//! Liveness, above.
//!
//! **Sampled.** `cargo xtask shuttle` runs the same bodies with hundreds of messages under random schedules, sequentially
//! consistent. `cargo xtask oracle` runs random programs against a queue, in one process and in two: of the ring's own
//! operations and of what is made of them (`src/io`), and in files with an onlooker (`src/view`) who must see what
//! the queue foretells. Each report tells how many messages there were, in the models' programs too. `cargo xtask tsan` and
//! `cargo xtask asan` watch what the models are not, the production arm, compiled and optimised, as two threads pass ten
//! million messages (`verify/stress`). ThreadSanitizer holds the copies of payloads against the orderings of the cursors,
//! on the heap, since it knows memory by its address and the sides of a file map it at two. It knows no fences, so under it
//! the load of a cursor acquires by itself: the fence that production has in its place it cannot judge, nor the fences of
//! the sleep handshake. AddressSanitizer knows the ends of a ring on the heap and of the buffer that is popped into, not
//! those of a mapping. A test shows what it meets, and no more.
//!
//! What befalls processes is done to real ones (`verify/survive`, `cargo xtask survive`): *crash* kills them at random
//! instants under load and holds what both sides noted of it together; *step* looks at what a crash after each machine
//! instruction of a scenario would leave, and takes it over; *hostile* stores what it likes into every word that it may
//! write; *fuzz* replays what libFuzzer found worth keeping; *resources* and *namespaces* take away what the system has to
//! give. `docs/reliability.md` says what each tried and found. Their processes take turns on x86-64, so they say nothing of
//! weaker memory.
//!
//! **Neither proved nor sampled**, so trusted or simply not known:
//!
//! - More messages, larger rings and longer lives than the models have. That these add nothing is an argument, which each
//!   file makes; it is not a proof.
//! - Load buffering, that is, a load that sees a store which comes after it: loom does not have it. Of a cursor it cannot
//!   happen, since a cursor is stored with Release (O1, O3), behind which no earlier load moves; `wake_at` is stored
//!   `Relaxed` (O9).
//! - The kernel: that a futex wait compares and enqueues in one step (T5), that the barrier of the asymmetric fence reaches
//!   every thread (T4), that locks end with their holder (T3). The models have in its place a mutex and a bell, two full
//!   fences, and a flag. That mutex orders more than the kernel promises, so the orderings of the cursors are shown to be
//!   needed by models in which nobody sleeps, and which have no light fence (`ends_that_do_not_sleep`).
//! - Time. In the models it advances only while a side waits awake, and when a sleep ends by its time-out, which happens
//!   once at any moment (loom) or in one sleep of eight (shuttle). How long anything takes is not modelled; in tests
//!   nothing is asserted of it. The pauses of `Pace`, by which a side that waits awake lets its peer get ahead before it
//!   looks, are spin hints and touch nothing shared: a model takes each for a moment in which the others may go on. It has
//!   few of them, in the models that wait awake alone, so what long streams make of the pauses is for benchmarks to tell.
//! - Reads and writes in place. A model sees them when a slice is taken and again when the message, or the grant, that it
//!   came from is dropped (loom; in shuttle a granule a step when it is taken, and what it holds later by its content).
//!   What the compiler does with the slice in between is Rust's promise, and holds where T7 does.
//! - A panic: the models take every panic for a death, and what a panic's drop of a writer does they see where there is
//!   none. `a_batch_whose_reader_panics_comes_again` is a test of a batch, the tests of fault 37 of a writer.
//! - A view that looks on while a writer's handle goes to another thread, and that one pushes before it looks again: C11
//!   gives a fence no effect on what another thread stores later. The processors that we know order the two all the same.
//! - How promptly memory is prefaulted.
//! - A slice in place that the peer changes while it is used (T7).
//! - The figures for onlookers, but for the count of messages (`src/protocol/tally.rs`), which the models of a view see; *crash* and
//!   *step* hold it against the truth.
//! - macOS: type-checked, and never run by us. Processors other than x86-64: type-checked; loom's C11 covers their
//!   orderings.
//! - Power loss: the ring lives in memory. Nothing is promised, and a ring that outlived it is refused unless that is
//!   allowed (fault 47).

use crate::*;
