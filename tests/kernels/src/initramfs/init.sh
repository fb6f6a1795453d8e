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
echo "lab: kernel $(uname -r)"
while read -r module options; do
    insmod "/modules/$module.ko" $options || echo "lab: failed to load $module"
done < /lab/modules
# The ports and their names come one by one, from a worker of the kernel.
tries=0
while ! [ -e /dev/results ] || ! [ -e /dev/control ]; do
    [ $tries -lt 500 ] || { echo "lab: failed to find its lines"; poweroff -f; }
    tries=$((tries + 1))
    usleep 10000
    for port in /sys/class/virtio-ports/*; do
        name=$(cat "$port/name" 2> /dev/null)
        [ -n "$name" ] && ln -sf "${port##*/}" "/dev/$name"
    done
done
while read -r function; do
    device=/sys/bus/pci/devices/$function
    [ -e "$device" ] || { echo "lab: failed to find $function"; continue; }
    [ -e "$device/driver" ] && echo "$function" > "$device/driver/unbind"
    echo vfio-pci > "$device/driver_override"
    echo "$function" > /sys/bus/pci/drivers_probe
    [ "$(basename "$(readlink "$device/driver")")" = vfio-pci ] || echo "lab: failed to bind $function"
done < /lab/functions
echo "lab: begin"
cd /
sh /lab/script < /dev/null > /dev/results
status=$?
echo "lab: end $status"
poweroff -f
