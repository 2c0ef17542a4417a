// Verifies detached CMS files with BouncyCastle: BouncyCheck.java (CMS CONTENT ISSUER)…
// For each, one line: "good" only if the signature and the signer's certificate hold.
import java.nio.file.*;
import java.security.Security;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

public class BouncyCheck {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        for (int at = 0; at + 2 < arguments.length; at += 3) {
            byte[][] files = new byte[3][];
            for (int file = 0; file < 3; file++) {
                files[file] = Files.readAllBytes(Path.of(arguments[at + file]));
            }
            System.out.println(check(files[0], files[1], files[2]) ? "good" : "bad");
        }
    }

    static boolean check(byte[] cms, byte[] content, byte[] issuer) throws Exception {
        CMSSignedData data = new CMSSignedData(new CMSProcessableByteArray(content), cms);
        SignerInformation signer = data.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder leaf = (X509CertificateHolder)
            data.getCertificates().getMatches(signer.getSID()).iterator().next();
        boolean issued = leaf.isSignatureValid(new JcaContentVerifierProviderBuilder()
            .setProvider("BC").build(new X509CertificateHolder(issuer)));
        try {
            return issued && signer.verify(
                new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(leaf));
        } catch (CMSException e) { // the digest differs
            return false;
        }
    }
}
