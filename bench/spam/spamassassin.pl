# SpamAssassin's Bayes alone, without its rules and the network, so that it starts once for many texts.
# Each line in is `ham`, `spam` or `score` and the bytes of the mail that follows; a line comes back.
use strict;
use warnings;
use Mail::SpamAssassin;
use Mail::SpamAssassin::PerMsgStatus;

my ($folder) = @ARGV;
my $config = <<"END";
loadplugin Mail::SpamAssassin::Plugin::Bayes
use_bayes 1
bayes_path $folder/bayes
bayes_auto_learn 0
bayes_auto_expire 0
bayes_min_ham_num 1
bayes_min_spam_num 1
END
my $filter = Mail::SpamAssassin->new({
    rules_filename => "$folder/none", site_rules_filename => "$folder/none", userprefs_filename => "$folder/none",
    userstate_dir => $folder, local_tests_only => 1, dont_copy_prefs => 1, config_text => $config,
});
$filter->init(1);
my ($bayes) = grep { ref($_) eq 'Mail::SpamAssassin::Plugin::Bayes' } @{$filter->{plugins}{plugins}};
$| = 1;
binmode STDIN;
while (my $line = <STDIN>) {
    my ($action, $length) = split ' ', $line;
    read(STDIN, my $text, $length);
    my $mail = $filter->parse($text);
    if ($action eq 'score') {
        my $status = Mail::SpamAssassin::PerMsgStatus->new($filter, $mail);
        my $likely = $bayes->scan($status, $mail);
        print defined $likely ? $likely : 0.5, "\n";
        $status->finish;
    } else {
        $filter->learn($mail, undef, $action eq 'spam' ? 1 : 0, 0);
        print "learnt\n";
    }
    $mail->finish;
}
