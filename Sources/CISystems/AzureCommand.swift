internal import Secrets

/// `##vso[task.setsecret]` for each line of a value; none when a line cannot be said.
///
/// The agent undoes `%3B`, `%0D`, `%0A` and `%5D` everywhere, but `%AZP25` only where `DECODE_PERCENTS` is set. So a `%`
/// stands for itself, and a value that holds one of these sequences has no sure spelling.
/// https://github.com/microsoft/azure-pipelines-agent/blob/master/docs/design/percentEncoding.md
func azureSetSecretLines(for value: Secret) -> [Secret] {
    guard value.reveal(isPlainForAzure) else { return [] }
    return lines(of: value).map { line in
        Secret { sink in
            sink.append("##vso[task.setsecret]")
            sink.append(line)
            sink.append(.lineFeed)
        }
    }
}

/// Whether Azure's agent reads these bytes, as the data of a command, as themselves.
func isPlainForAzure(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !["%3B", "%0D", "%0A", "%5D", "%AZP25"].contains { holds(bytes, $0.utf8) }
}

/// Escapes text of ours for the data of a command.
func azureData(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { data, scalar in
        switch scalar {
        case "\r": data += "%0D"
        case "\n": data += "%0A"
        default: data.unicodeScalars.append(scalar)
        }
    }
}

private func lines(of value: Secret) -> [Secret] {
    value.reveal { bytes in
        bytes.split { $0 == .lineFeed || $0 == .carriageReturn }
            .map { Secret(copying: UnsafeRawBufferPointer(rebasing: $0)) }
    }
}
