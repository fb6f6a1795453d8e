//! A device under vfio-pci as a world for the stories.

use std::os::fd::{AsRawFd, RawFd};
use std::process::ExitCode;
use std::time::Duration;

use vfio_irq::address::{Address, Interface};
use vfio_irq::real::Fresh;
use vfio_irq::vfio::{Places, VfioDevice};
use vfio_irq_core::device::{Device, Stimulate, Stimulus};
use vfio_irq_core::uapi::CONFIG_REGION;
use vfio_irq_recipes::stories::{World, tell};
use vfio_irq_recipes::{Recipes, Rust};

/// An open device, with Memory Space and Bus Master on.
struct Real(Fresh);

impl Real {
    fn open(&mut self) -> Result<(), String> {
        self.0.again();
        self.0.open().map_err(|errno| format!("open: {errno}"))?;
        let memory_space_and_bus_master = [0x06, 0x00];
        let written = self.0.region_write(CONFIG_REGION, 4, &memory_space_and_bus_master);
        written.map_err(|errno| format!("Command: {errno}"))
    }
}

impl World for Real {
    fn device(&self) -> RawFd {
        self.0.device.descriptor().expect("open").as_raw_fd()
    }

    fn stimulate(&mut self, stimulus: Stimulus) {
        if let Err(errno) = self.0.stimulate(stimulus) {
            println!("{stimulus:?}: {errno}");
        }
    }

    fn wait(&self) {
        // What was fired has arrived, and its handler run, long before.
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn languages() -> Vec<&'static dyn Recipes> {
    vec![
        #[cfg(has_c)]
        &vfio_irq_recipes::c::C,
        &Rust,
    ]
}

pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let address = std::env::args().nth(1).ok_or("which device? 0000:00:04.0")?;
    let address: Address = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let device = VfioDevice::new(Places::default(), address, Interface::Any);
    let mut real = Real(Fresh::new(device.map_err(|error| error.to_string())?));
    for recipes in languages() {
        real.open()?;
        println!("language {}", recipes.language());
        for line in tell(&mut real, recipes) {
            println!("{line}");
        }
        let _ = real.0.close();
    }
    Ok(())
}
