//! Scenario text, its runner.
