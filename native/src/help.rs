//! What `--help` says. Each example is run by `tests/help.rs`, in a folder with the files it names;
//! those with a device's address as far as that goes without the device.

pub(crate) const ABOUT: &str = "Runs scenarios of Linux VFIO device interrupts and decodes what a \
PCI function offers. One emulator holds the function, the host's vfio-pci code and the user's \
eventfds, and shows each register access in between.";

pub(crate) const ABOUT_EXAMPLES: &str = "\
Examples:
  vfio-irq run teardown.scenario
  lspci -xxx | vfio-irq inspect -
  vfio-irq help run";

pub(crate) const RUN: &str = "Run a scenario and check its expectations";
pub(crate) const RUN_LONG: &str = "\
Runs a scenario on the emulator and prints what happened: each call, the host's register accesses \
inside it, and the way of each interrupt. With `--device`, runs it on that real device instead, \
which vfio-pci must have and nothing of value may depend on: it is reset, opened, and made to \
interrupt, and shows its calls and their answers only. What looks like a known mistake gets a note \
below the trace, with its rule and what to do instead. Exits with 0 when every expectation held, with 1 when \
one failed (its line goes to standard error), and with 2 when the text is wrong or can't be read.

A scenario is plain text, one step a line, with what is expected of it behind an arrow. Without \
a `function` line the function is `simple`, without a `host` line the host is linux-6.12:

  function e1000e
  host linux-6.1
  set_irqs msix trigger eventfd 0 [a]   -> 0
  fire 0                                -> a=1
  set_irqs msix trigger none 0+0        -> 0
  fire 0                                -> a=0
  ledger                                -> causes=2 signalled=1";
pub(crate) const RUN_EXAMPLES: &str = "\
Examples:
  vfio-irq run teardown.scenario
  vfio-irq run teardown.scenario --host mediated
  vfio-irq run teardown.scenario --function nic.config --format svg > run.svg
  printf 'function nvme\\nirq_info msix\\n' | vfio-irq run -
  vfio-irq run teardown.scenario --device 0000:00:06.0";

pub(crate) const EXPLORE: &str =
    "Ask of every run a scenario allows whether an interrupt can be lost";
pub(crate) const EXPLORE_LONG: &str = "\
Visits every state the emulator can be in when what the scenario marks `meanwhile` happens at any \
time: between two steps, between two micro-steps inside a call, after the last step. Other steps \
so marked are a second thread's. A scenario without the word is let loose first: each of its \
interrupts may come at its place or anywhere below. What is asked, with the words of `--ask`:

- lost: no interrupt is lost, but by the function taking its own status back;
- fallback: none is lost because it fell back to INTx or was dropped, no message capability being on;
- eventfd: none signals an eventfd that no request ties to it;
- masked: none is delivered while masked;
- pending: none is left waiting that could be delivered;
- undisturbed: without NORESIZE, a request delays nothing of a vector it does not name;
- expected: each answer, counter and count of the ledger the text expects.

What does not hold comes with a shortest run that shows it, as a scenario for `run`. What holds \
comes with the number of states. Exits with 0 when all that was asked holds on each host, with 1 when \
something does not or the memory was used up first, and with 2 when the text is wrong.

Growing by teardown with an interrupt at any time:

  function e1000e
  host linux-6.1
  set_irqs msix trigger eventfd 0 [a]     -> 0
  meanwhile fire 0
  set_irqs msix trigger none 0+0          -> 0
  set_irqs msix trigger eventfd 0 [a, b]  -> 0";
pub(crate) const EXPLORE_EXAMPLES: &str = "\
Examples:
  vfio-irq explore add.scenario
  vfio-irq explore add.scenario --host linux-7.3 --function e1000e
  vfio-irq explore add.scenario --ask fallback,eventfd,masked --memory 256
  vfio-irq explore add.scenario --format json
  vfio-irq explore grow.scenario --host all > found.txt || cat found.txt";

pub(crate) const INSPECT: &str = "Decode the interrupts a config dump or a device offers";
pub(crate) const INSPECT_LONG: &str = "\
Decodes what interrupts each PCI function of a config dump offers: the INTx pin, the MSI and MSI-X \
capabilities, and which of them are on. Takes the bytes of a sysfs config file, or what lspci -x, \
-xxx or -xxxx prints, for any number of functions; without root, both end after 64 bytes, before \
the capabilities.

Or takes the address of a function of this machine, as lspci -D prints it. If vfio-pci has it, \
VFIO is asked too (GET_IRQ_INFO of each index), which opens the device and so resets it; if not, a \
note says how to bind it.";
pub(crate) const INSPECT_EXAMPLES: &str = "\
Examples:
  vfio-irq inspect nic.config
  vfio-irq inspect machine.lspci --format json
  lspci -xxx | vfio-irq inspect -
  vfio-irq inspect 0000:00:06.0 --format json";

pub(crate) const IMPORT: &str = "Make a scenario of strace lines, request bytes or a config dump";
pub(crate) const IMPORT_LONG: &str = "\
Prints a scenario that says what the input says. The input is one of:

- lines of strace, with any of -f, -i, -n, -r, -t, -X, -y and -Y: VFIO_DEVICE_SET_IRQS, GET_IRQ_INFO and RESET \
of one device, and what happens to the eventfds they name;
- the bytes of a struct vfio_irq_set: hex digits, xxd, hexdump -C, a C array or string, gdb's x/20xb or x/5xw;
- a config dump: what lspci -xxx prints, or a sysfs config file; of several functions the first \
that can interrupt, or the one --function names.

What was answered becomes what is expected. What the input does not show, is a comment and is \
told on standard error with its line: strace itself prints VFIO's structures as addresses; their bytes gdb shows: on x86-64 \
`break ioctl if $rsi == 0x3b6e`, there `x/6xw $rdx`, and a word more for each further vector. Exits \
with 0 when there is a scenario, with 2 when nothing of the input can be used.";
pub(crate) const IMPORT_EXAMPLES: &str = "\
Examples:
  vfio-irq import nic.config > nic.scenario
  lspci -xxx | vfio-irq import - --function 00:03.0
  echo 'ioctl(23, VFIO_DEVICE_RESET) = 0' | vfio-irq import -
  echo 1400000021000000020000000000000000000000 | vfio-irq import -";

pub(crate) const ANSWERS: &str = "Print what a device answers, in few words a line";
pub(crate) const ANSWERS_LONG: &str = "\
Runs scenarios and prints only what their user saw: the number of each line with the call's answer \
and the counters read. It is the form in which two devices are compared: the emulator and a real \
device, two kernels, a recording and today.

Each block ends in `held`, in `failed` with the first expectation that did not hold, or in \
`cannot` where a device can't be told to do what the scenario says.";
pub(crate) const ANSWERS_EXAMPLES: &str = "\
Examples:
  vfio-irq answers teardown.scenario
  vfio-irq answers teardown.scenario --host linux-7.3
  vfio-irq answers teardown.scenario --function edu
  vfio-irq answers teardown.scenario --device 0000:00:06.0";

pub(crate) const EXPORT: &str = "Make a program, a link or a picture of a scenario";
pub(crate) const EXPORT_LONG: &str = "\
Prints a scenario in another form. `c` and `rust` are programs that do the same to a real device: \
raw ioctls step by step, with the expectations as checks; what they print is what `answers` prints, \
without its first line. `link` opens the playground with the scenario; `run` and `export` \
take links, too.

A program needs nothing but libc and <linux/vfio.h>, or Rust's standard library. It reaches the device by its group \
and makes it interrupt if it is an e1000e, an edu or an xhci as QEMU has them; for any other, it has a \
function to fill in. What it can't do is noted on standard error. A step with \
`meanwhile` is done where it stands, in every form.

`--kselftest` makes one C program of many scenarios in the style of the kernel's selftests: a test each, TAP, \
with any device under vfio-pci. Each test finds out whether it applies (vector counts, flags, where no flag \
shows it the release) and says why not. Without a file it takes the scenarios built in that are about an errno, a \
growth or a difference between kernels; what is left out, and why, stands at the program's end.";
pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  vfio-irq export teardown.scenario --as c --function e1000e > teardown.c
  vfio-irq export teardown.scenario --as rust --function edu > teardown.rs
  vfio-irq export teardown.scenario --as link
  vfio-irq export --kselftest > vfio_irq_test.c
  vfio-irq export --kselftest refused.scenario > refused_test.c
  vfio-irq run $(vfio-irq export teardown.scenario --as link)";

pub(crate) const RACE: &str = "Race how real users of VFIO enable vectors late";
pub(crate) const RACE_LONG: &str = "\
Plays how QEMU, cloud-hypervisor, crosvm, OpenVMM and DPDK enable MSI-X vectors, and the naive way \
that tears down and rebuilds each time, against drivers that come to use one vector after the other, on \
each built-in host. Prints for each how many interrupts are lost in the worst run and in which share \
of all runs one is lost, how many host vectors are held, the calls and register writes made, and how \
long an interrupt would be lost. A run is one choice of the moments at which the interrupts arrive; all \
are counted.

`--scenario` prints one of them as a scenario, in which `meanwhile` marks the interrupts that may arrive \
at any later moment.";
pub(crate) const RACE_EXAMPLES: &str = "\
Examples:
  vfio-irq race --host linux-6.1 --workload hotplug
  vfio-irq race --host linux-6.12 --workload on-demand --vectors 3
  vfio-irq race --host linux-6.1 --workload hotplug --when-off hold
  vfio-irq race --host mediated --workload blocks --format svg > race.svg
  vfio-irq race --scenario qemu/hotplug/linux-6.1 | vfio-irq run -";

pub(crate) const HOSTS: &str = "List the built-in hosts and how they differ";
pub(crate) const HOSTS_LONG: &str = "\
Lists the host profiles a scenario can run on, and each rule in which they differ. Their names are \
what `host` in a scenario and `run --host` take.";
pub(crate) const HOSTS_EXAMPLES: &str = "\
Examples:
  vfio-irq hosts
  vfio-irq hosts --format json";

pub(crate) const FUNCTIONS: &str = "List the built-in functions and how they differ";
pub(crate) const FUNCTIONS_LONG: &str = "\
Lists the PCI functions a scenario can run with: their pin, their MSI and MSI-X capabilities, and \
what they do with an interrupt while neither is on. Their names are what `function` in a scenario \
and `run --function` take.";
pub(crate) const FUNCTIONS_EXAMPLES: &str = "\
Examples:
  vfio-irq functions
  vfio-irq functions --format json";

pub(crate) const COMPLETIONS: &str = "Print a shell's completion script";
pub(crate) const COMPLETIONS_LONG: &str = "\
Prints a script that lets a shell complete this command's arguments. Put it where your shell looks \
for completions.";
pub(crate) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  vfio-irq completions bash > vfio-irq.bash
  vfio-irq completions zsh > _vfio-irq";
