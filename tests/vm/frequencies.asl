// What an emulated processor lacks: performance states, so that the kernel's acpi-cpufreq takes it for one whose frequency
// can be set.  The port that they are written to belongs to no device.
DefinitionBlock ("", "SSDT", 2, "KEISOK", "PSTATES", 1)
{
    External (\_SB.CPUS.C000, DeviceObj)

    Scope (\_SB.CPUS.C000)
    {
        Name (_PCT, Package ()
        {
            ResourceTemplate () { Register (SystemIO, 16, 0, 0x06F0) },
            ResourceTemplate () { Register (SystemIO, 16, 0, 0x06F0) }
        })

        // MHz, mW, latencies in us, what to write, what to read
        Name (_PSS, Package ()
        {
            Package () { 2000, 20000, 10, 10, 1, 1 },
            Package () { 1500, 15000, 10, 10, 2, 2 },
            Package () { 1000, 10000, 10, 10, 3, 3 }
        })

        Name (_PPC, 0)
    }
}
