/// Programs that run one command and end with it: what they run works for whoever has started them.
package enum WrapperProgram {
    /// As the kernel calls their processes; others, such as `env` and `nice`, become the command.
    package static let names: Set = [
        "timeout", "time", "flock", "sudo", "doas", "su", "runuser", "strace", "ltrace",
    ]
}
