//! What each strategy requests, against what its source says, and figures that can fail.

use super::*;
use crate::host::PROFILES;
extern crate std;
use std::println;

#[test]
fn look() {
    let all: Vec<&'static Workload> = WORKLOADS.iter().collect();
    for vectors in [None, Some(3), Some(0)] {
        let setup = Setup { vectors, ..Setup::default() };
        let race = race::race(&all, PROFILES, setup).expect("plays");
        println!("{}", race.text());
        println!("{}", race.svg());
    }
    for vectors in [3, 0] {
        for host in [&PROFILES[0], &PROFILES[1]] {
            for strategy in STRATEGIES {
                let setup = Setup { vectors: Some(vectors), ..Setup::default() };
                let p = play(strategy, &WORKLOADS[2], host, setup).expect("plays");
                println!("{}", p.scenario());
            }
        }
    }
}
