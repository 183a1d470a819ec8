pan: ltl formula told

(Spin Version 6.5.2 -- 6 December 2019)
	+ Partial Order Reduction

Full statespace search for:
	never claim         	+ (told)
	assertion violations	+ (if within scope of claim)
	acceptance   cycles 	+ (fairness enabled)
	invalid end states	- (disabled by never claim)

State-vector 84 byte, depth reached 51120, errors: 0
   446014 states, stored (512514 visited)
   815335 states, matched

unreached in proctype writer
	(0 of 138 states)
unreached in proctype store_buffer
	ring.pml:290, state 8, "-end-"
	(1 of 8 states)
unreached in claim told
	_spin_nvr.tmp:59, state 20, "-end-"
	(1 of 20 states)

pan: elapsed time 0.72 seconds
