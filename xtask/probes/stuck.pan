pan:1: invalid end state (at depth 48)
pan: wrote ring.pml.trail
Warning: Search not completed

Full statespace search for:
	never claim         	- (not selected)
	assertion violations	+
	cycle checks       	- (disabled by -DSAFETY)
	invalid end states	+

State-vector 68 byte, depth reached 49, errors: 1
       40 states, stored
