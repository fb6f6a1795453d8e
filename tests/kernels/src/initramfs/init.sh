#!/bin/busybox sh
# The guest's first program: makes a small Linux, gives the functions to vfio-pci, runs the script.
# Lines that begin with "lab: " on the console are for the laboratory.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo 1 > /proc/sys/kernel/printk
ulimit -n 65536
# Held open, so that what is set here stays: no echo, no translation.
exec 3<>/dev/ttyS1 4<>/dev/ttyS2
stty -F /dev/ttyS1 raw -echo
stty -F /dev/ttyS2 raw -echo
echo "lab: kernel $(uname -r)"
while read -r module options; do
    insmod "/modules/$module.ko" $options || echo "lab: failed insmod $module"
done < /lab/modules
while read -r function; do
    device=/sys/bus/pci/devices/$function
    [ -e "$device" ] || { echo "lab: failed no function $function"; continue; }
    [ -e "$device/driver" ] && echo "$function" > "$device/driver/unbind"
    echo vfio-pci > "$device/driver_override"
    echo "$function" > /sys/bus/pci/drivers_probe
    [ "$(basename "$(readlink "$device/driver")")" = vfio-pci ] || echo "lab: failed to bind $function"
done < /lab/functions
echo "lab: begin"
cd /
sh /lab/script < /dev/null >&3
status=$?
exec 3>&- 4>&-
echo "lab: end $status"
poweroff -f
