package import HostSystem
package import Secrets

/// How a system is told to mask a value in the log.
///
/// Where nothing can mask, the instruction itself would be the leak.
package enum Masking: Sendable, Equatable {
    /// Which values a `::add-mask::` line can carry.
    package enum Dialect: Sendable, Equatable {
        /// `%`, CR and LF are escaped (GitHub).
        case escaped
        /// The value is taken as it stands, so not every value can be said (act, Forgejo, Gitea, GitLab).
        case verbatim
    }

    /// `::add-mask::VALUE`, a line of its own.
    case workflowCommands(Dialect)
    /// `##vso[task.setsecret]VALUE`.
    case azureCommands
    /// Buildkite's agent, told by its interface for the job.
    case buildkiteRedactions(BuildkiteJobAPI)
    /// The system cannot mask what it learns during the job.
    case none
}

/// What to write so that values are masked.
package struct MaskLines: Sendable, Equatable {
    /// Each ends with a newline; for standard error, in this order, and nothing between.
    package var lines: [Secret] = []
    /// The values that no line can mask: they must never be printed.
    package var unmaskable: [Secret] = []

    /// All lines, to be written at once.
    package var text: Secret {
        Secret { sink in
            sink.reserve(lines.reduce(0) { $0 + $1.count })
            for line in lines { sink.append(line) }
        }
    }
}

extension Masking {
    /// Whether a value is registered without a line, which somebody who does not understand it would show.
    package var isSilent: Bool {
        if case .buildkiteRedactions = self { true } else { false }
    }

    /// Whether an instruction is one only at the start of a line, so that it must not follow an unfinished one.
    package var needsLineStart: Bool {
        if case .workflowCommands = self { true } else { false }
    }

    /// The exact bytes for standard error.
    ///
    /// Standard output may be captured, and GitHub's runner reads standard error first.
    ///
    /// Values for Buildkite's agent are all `unmaskable` by lines: see `BuildkiteJobAPI`.
    package func maskLines(for forms: [Secret]) -> MaskLines {
        forms.reduce(into: MaskLines()) { result, form in
            let lines = lines(for: form)
            guard !lines.isEmpty else { return result.unmaskable.append(form) }
            result.lines += lines.filter { !result.lines.contains($0) }
        }
    }

    /// Registers the values with the system, before anything else is written; returns those that stay unmasked.
    ///
    /// - Parameters:
    ///   - budget: how long Buildkite's agent may take.
    ///   - write: writes to standard error and flushes.
    package func register(
        _ forms: [Secret],
        budget: TimeBudget,
        write: (Secret) throws(ExportError) -> Void
    ) throws(ExportError) -> [Secret] {
        if case .buildkiteRedactions(let agent) = self { return try agent.redact(forms, budget: budget) }
        let result = maskLines(for: forms)
        if !result.lines.isEmpty { try write(result.text) }
        return result.unmaskable
    }

    private func lines(for form: Secret) -> [Secret] {
        guard !form.reveal(isBlank) else { return [] }
        switch self {
        case .workflowCommands(.escaped): return [addMaskLine(for: form)]
        case .workflowCommands(.verbatim): return form.reveal(isPlainForAnyRunner) ? [addMaskLine(for: form)] : []
        case .azureCommands: return azureSetSecretLines(for: form)
        case .buildkiteRedactions, .none: return []
        }
    }
}

private func addMaskLine(for form: Secret) -> Secret {
    Secret { sink in
        sink.append("::add-mask::")
        if form.reveal({ $0.contains(where: isEscapedInWorkflowData) }) {
            sink.append(form, escape: appendWorkflowData)
        } else {
            sink.append(form)
        }
        sink.append(.lineFeed)
    }
}

private func isEscapedInWorkflowData(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "%") || byte == .carriageReturn || byte == .lineFeed
}

/// Escapes a byte in the data of a workflow command.
func appendWorkflowData(_ byte: UInt8, to sink: inout WipedBuffer) {
    switch byte {
    case UInt8(ascii: "%"): sink.append("%25")
    case .carriageReturn: sink.append("%0D")
    case .lineFeed: sink.append("%0A")
    default: sink.append(byte)
    }
}

private func isBlank(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
}

/// act looks for the last `::` of the line and unescapes in random order; Forgejo does not unescape at all.
///
/// What they do not recognise, they print.
private func isPlainForAnyRunner(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.first != UInt8(ascii: ":")
        && !holds(bytes, "::".utf8)
        && !bytes.contains { $0 == UInt8(ascii: "%") || $0 == .carriageReturn || $0 == .lineFeed || $0 == 0 }
}
