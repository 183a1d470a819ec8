//! # For operators
//!
//! How to run programs that pass messages through rings.
