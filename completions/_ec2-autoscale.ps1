
Register-ArgumentCompleter -Native -CommandName ec2-autoscale -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $prev = $env:EC2_AUTOSCALE_COMPLETE;
    $env:EC2_AUTOSCALE_COMPLETE = "powershell";

    $args = $commandAst.Extent.Text
    $args = $args.Substring(0, [math]::Min($cursorPosition, $args.Length));
    if ($wordToComplete -eq "") {
        $args += " ''";
    }

    $results = Invoke-Expression @"
& ec2-autoscale -- $args
"@;
    if ($null -eq $prev) {
        Remove-Item Env:\EC2_AUTOSCALE_COMPLETE;
    } else {
        $env:EC2_AUTOSCALE_COMPLETE = $prev;
    }
    $results | ForEach-Object {
        $split = $_.Split("`t");
        $cmd = $split[0];

        if ($split.Length -eq 2) {
            $help = $split[1];
        }
        else {
            $help = $split[0];
        }

        [System.Management.Automation.CompletionResult]::new($cmd, $cmd, 'ParameterValue', $help)
    }
};
        
