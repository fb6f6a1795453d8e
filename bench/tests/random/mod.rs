//! Small scenarios with `meanwhile`, by seed.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// How many are compared.
pub(crate) const SCENARIOS: u64 = 400;

const HOSTS: [&str; 4] = ["linux-6.1", "linux-6.12", "linux-7.3", "mediated"];
/// Of the tallies a `ledger` line may compare.
const TALLIES: [&str; 6] = ["causes", "signalled", "merged", "waiting", "lost", "signals"];

struct Writer {
    random: Pcg32,
    /// Vectors of the function's MSI and MSI-X.
    vectors: u32,
    /// The index most of the text is about.
    index: &'static str,
    /// Names that have been made.
    made: Vec<String>,
    lines: Vec<String>,
}

/// The scenario of a seed.
pub(crate) fn scenario(seed: u64) -> String {
    let mut writer = Writer {
        random: Pcg32::new(seed, 6),
        vectors: 0,
        index: "msix",
        made: Vec::new(),
        lines: Vec::new(),
    };
    writer.begin();
    writer.steps();
    writer.lines.join("\n") + "\n"
}

impl Writer {
    fn below(&mut self, end: u32) -> u32 {
        self.random.next_u32() % end
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }

    fn begin(&mut self) {
        self.vectors = 1 + self.below(3);
        self.index = self.pick(&["msix", "msix", "msi", "intx"]);
        let vectors = self.vectors;
        // MSI has a power of two.
        let msi = vectors.next_power_of_two();
        let maskable = self.pick(&["", ",maskable", ",wide,maskable"]);
        let mut function = format!("function intx msi={msi}{maskable} msix={vectors}");
        if self.one_in(6) {
            function = format!("function msi={msi}{maskable} msix={vectors} vf express");
        }
        for (option, chances) in [("intx-status=no", 5), ("when-off=hold", 5), ("when-off=drop", 5)]
        {
            if self.one_in(chances) && !function.contains("when-off") {
                function += &format!(" {option}");
            }
        }
        let mut host = format!("host {}", self.pick(&HOSTS));
        if self.one_in(6) {
            host += &format!(" vectors={}", 1 + self.below(3));
        }
        if self.one_in(8) {
            host += " remapping=no";
        }
        self.lines.extend([function, host, "eventfd a b c u".into()]);
        self.made = ["a", "b", "c", "u"].map(String::from).to_vec();
    }

    fn steps(&mut self) {
        // Something to arrive at.
        if !self.one_in(5) {
            let enable = self.enable();
            let expect = if self.one_in(2) { " -> 0" } else { "" };
            self.lines.push(enable + expect);
        }
        let (mut arrivals, mut second) = (1 + self.below(3), self.below(3));
        let mut first = 1 + self.below(2);
        while arrivals + second + first > 0 {
            match self.below(3) {
                0 if arrivals > 0 => {
                    let times = if self.one_in(4) { arrivals.min(2) } else { 1 };
                    let stimulus = self.stimulus();
                    let times_said = if times > 1 { " x2" } else { "" };
                    self.lines.push(format!("meanwhile {stimulus}{times_said}"));
                    arrivals -= times;
                }
                1 if second > 0 => {
                    let step = self.step();
                    let expect = self.expect(&step);
                    self.lines.push(format!("meanwhile {step}{expect}"));
                    second -= 1;
                }
                2 if first > 0 => {
                    let step = if self.one_in(5) { self.stimulus() } else { self.step() };
                    let expect = self.expect(&step);
                    self.lines.push(format!("{step}{expect}"));
                    first -= 1;
                }
                _ => {}
            }
        }
        if self.one_in(2) {
            let (tally, count) = (self.pick(&TALLIES), self.below(3));
            self.lines.push(format!("ledger -> {tally}={count}"));
        }
    }

    /// What a step may be expected to do: right or wrong.
    fn expect(&mut self, step: &str) -> String {
        let answers = step.starts_with("set_irqs");
        match self.below(5) {
            0 if answers => " -> 0".into(),
            1 if answers => " -> EINVAL".into(),
            2 => {
                let (name, count) = (self.pick(&["a", "b"]), self.below(2));
                format!(" -> {name}={count}")
            }
            3 if answers => " -> 0 a=1 b=0".into(),
            _ => String::new(),
        }
    }

    fn enable(&mut self) -> String {
        if self.index == "intx" {
            return "set_irqs intx trigger eventfd 0 [a]".into();
        }
        let count = 1 + self.below(self.vectors);
        let names = self.fds(count);
        format!("set_irqs {} trigger eventfd 0 [{names}]", self.index)
    }

    /// Descriptors for so many vectors.
    fn fds(&mut self, count: u32) -> String {
        let fds = (0..count).map(|at| match self.below(8) {
            0 => "-1",
            1 => "u",
            _ => ["a", "b", "c"][at as usize % 3],
        });
        fds.collect::<Vec<_>>().join(", ")
    }

    fn step(&mut self) -> String {
        let index = if self.one_in(5) { self.pick(&["intx", "msi", "msix"]) } else { self.index };
        let intx = index == "intx";
        match self.below(12) {
            0 | 1 => format!("set_irqs {index} trigger none 0+0"),
            2 | 3 => self.enable(),
            4 if !intx => {
                let start = self.below(self.vectors);
                let count = 1 + self.below(self.vectors - start);
                let names = self.fds(count);
                format!("set_irqs {index} trigger eventfd {start} [{names}]")
            }
            5 => {
                let start = if intx { 0 } else { self.below(self.vectors) };
                format!("set_irqs {index} trigger none {start}+1")
            }
            6 => "set_irqs intx unmask none 0+1".into(),
            7 => "set_irqs intx mask none 0+1".into(),
            8 => "set_irqs intx unmask eventfd 0 [u]".into(),
            9 => {
                // Command: Interrupt Disable, Bus Master, Memory Space as they fall.
                let command = self.pick(&["0x0006", "0x0406", "0x0004", "0x0002"]);
                format!("config write 0x4 2 {command}")
            }
            10 => self.pick(&["read a", "read b", "write u 1", "close u", "reset"]).into(),
            _ => {
                self.pick(&["set_irqs err trigger eventfd 0 [a]", "irq_info msix", "close"]).into()
            }
        }
    }

    fn stimulus(&mut self) -> String {
        match self.below(8) {
            0 => "assert intx".into(),
            1 => "deassert intx".into(),
            2 => self.pick(&["error", "request", "vectors 1", "vectors any"]).into(),
            _ if self.index == "intx" => self.pick(&["assert intx", "fire 0"]).into(),
            _ => format!("fire {}", self.below(self.vectors)),
        }
    }
}
